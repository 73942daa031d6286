/** An int or a percentage (`25%`) of `total`, rounded as asked; undefined where it is neither. */
export function resolveIntOrPercent(
  value: number | string,
  total: number,
  round: "up" | "down",
): number | undefined {
  if (typeof value === "number") return value;
  const match = /^(\d+)%$/.exec(value);
  if (match === null) return undefined;
  const exact = (Number(match[1]) * total) / 100;
  return round === "up" ? Math.ceil(exact) : Math.floor(exact);
}
