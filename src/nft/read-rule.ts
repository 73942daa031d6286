import type { IpAddress } from "../ip/mod.ts";
import { NFT_CMP, NFT_NAT, NFT_REG_1 } from "./constants.ts";
import { TYPE, type Value } from "./data-type.ts";
import { type Data, type ListedExpression, sameExpressions } from "./expression.ts";
import type { Selector } from "./selector.ts";

/** The value that a rule wants a selector to have; undefined where it does not ask for one. */
export function matchedValue(
  expressions: readonly ListedExpression[],
  selector: Selector,
): Value | undefined {
  const load = selector.load(NFT_REG_1);
  const at = expressions.findIndex((one) => sameExpressions([one], [load]));
  const compare = at === -1 ? undefined : expressions[at + 1];
  if (compare?.name !== "cmp" || (compare.op ?? NFT_CMP.eq) !== NFT_CMP.eq) return undefined;
  const { data } = compare;
  if (!(data instanceof Uint8Array) || data.length !== selector.type.sizeBytes) return undefined;
  return selector.type.decode(data);
}

/** Where a rule with a fixed `dnat to` leads; undefined for other rules. */
export function dnatTarget(
  expressions: readonly ListedExpression[],
): { readonly address: IpAddress; readonly port?: number } | undefined {
  const nat = expressions.findLast((one) => one.name === "nat");
  if (nat?.name !== "nat" || nat.type !== NFT_NAT.dnat) return undefined;
  const loaded = (register: number | undefined): Data | undefined => {
    const found = expressions.findLast((one) => one.name === "immediate" && one.dreg === register);
    return found?.name === "immediate" ? found.data : undefined;
  };
  const bytes = loaded(nat.addrMin);
  if (!(bytes instanceof Uint8Array)) return undefined;
  const address = (bytes.length === 4 ? TYPE.ipv4Addr : TYPE.ipv6Addr).decode(bytes);
  if (typeof address !== "object") return undefined;
  const port = nat.protoMin === undefined ? undefined : loaded(nat.protoMin);
  if (!(port instanceof Uint8Array)) return { address };
  return { address, port: Number(TYPE.inetService.decode(port)) };
}
