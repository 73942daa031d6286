import type { Attachment } from "../../../conf/plugin-conf.ts";

/** An attachment of a network. */
export interface NetworkAttachment extends Attachment {
  readonly network: string;
}

/** The kernel's limit for a link's name. */
const NAME_LENGTH = 15;

/**
 * The name that the reference gives to a container's ifb on a network; a second interface of one
 * container on one network has the same.
 */
export function referenceIfbName({ network, containerId }: NetworkAttachment): string {
  return `bwp${sha512(network + containerId)}`.slice(0, NAME_LENGTH);
}

/** The name of the ifb of an interface for which the reference's name is taken. */
export function ownIfbName({ network, containerId, ifName }: NetworkAttachment): string {
  // A slash is in none of the three, so no other attachment has this text.
  return `bwp${sha512(`${network}/${containerId}/${ifName}`)}`.slice(0, NAME_LENGTH);
}

/** What the alias of every ifb of ours begins with. */
const MARK = "cni-bandwidth";
/** IFALIASZ, less the NUL. */
const MAX_ALIAS_BYTES = 255;

/** The alias that says whose an ifb is; long names are hashed to fit. */
export function ifbAlias({ network, containerId, ifName }: NetworkAttachment): string {
  const alias = `${MARK} ${network} ${containerId} ${ifName}`;
  if (alias.length <= MAX_ALIAS_BYTES) return alias;
  return `${MARK} ${shortened(network)} ${shortened(containerId)} ${ifName}`;
}

/** True for the alias of an ifb that belongs to a network. */
export function isAliasOf(network: string, alias: string): boolean {
  const [mark, name] = alias.split(" ");
  return mark === MARK && (name === network || name === shortened(network));
}

/** A name begins with a letter or a digit, so a hash is never taken for one. */
function shortened(name: string): string {
  return `#${sha512(name).slice(0, 32)}`;
}

function sha512(text: string): string {
  return new Bun.CryptoHasher("sha512").update(text).digest("hex");
}
