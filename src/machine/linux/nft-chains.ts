import { type Family, type ListedChain, listChains, openNftIfThere } from "../../nft/mod.ts";

/** The chains of these families in this network namespace; none where the kernel has no nftables. */
export function nftChains(families: readonly Family[]): readonly ListedChain[] {
  using conn = openNftIfThere();
  return conn === undefined ? [] : families.flatMap((family) => listChains(conn, { family }));
}
