const PART = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const HOST =
  "(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::\\d+)?";
const REFERENCE = new RegExp(
  `^(?:(?:${HOST}|\\[[0-9a-fA-F:]+\\](?::\\d+)?)/)?${PART}(?:/${PART})*(:[\\w][\\w.-]{0,127})?(@[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,})?$`,
);

/** The image with its tag made explicit, or undefined where the name is none. */
export function withTag(image: string): string | undefined {
  const match = REFERENCE.exec(image);
  if (match === null) return undefined;
  const [, tag, digest] = match;
  return tag === undefined && digest === undefined ? `${image}:latest` : image;
}

/** The policy that counts where the spec names none: the newest of a moving tag, anything else once. */
export function pullPolicy(image: string, policy: string | undefined): string {
  if (policy !== undefined && policy !== "") return policy;
  return withTag(image)?.endsWith(":latest") === true ? "Always" : "IfNotPresent";
}
