import type { Command } from "@commander-js/extra-typings";
import { NodewrightError, nearest } from "../../base/mod.ts";
import {
  addressesOf,
  bootedAtMs,
  type CachedAttachment,
  dataDirsOf,
  type Holding,
  listHoldings,
} from "../../cni/runtime/mod.ts";
import type { CliContext } from "../context.ts";
import { ago, shortId } from "../cri/human.ts";
import { openSession } from "./cni-session.ts";
import { addPlaceOptions } from "./common-options.ts";

/** `list` and `cache`. */
export function defineLists(root: Command, context: CliContext): void {
  defineList(root, context);
  defineCache(root, context);
}

function defineList(root: Command, context: CliContext): void {
  addPlaceOptions(root.command("list"))
    .description("who holds which address: host-local's reservations and the cache")
    .argument("[network]", "only this network")
    .option("--no-trunc", "whole container IDs")
    .action((network, options) => {
      const { confDir, cache } = openSession(context, options);
      const { attachments } = cache.list();
      const lists = [...confDir.files, ...attachments].flatMap(({ list }) => list ?? []);
      const all = listHoldings({
        attachments,
        dataDirs: dataDirsOf(lists),
        bootedAtMs: bootedAtMs(),
      });
      const known = [...lists.map(({ name }) => name), ...networksOf(attachments)];
      refuseUnknown(network, [...known, ...networksOf(all)]);
      const holdings = all.filter((one) => network === undefined || one.network === network);
      if (context.json) {
        context.out.json({ kind: "cni-holdings", holdings });
        return;
      }
      const now = Date.now();
      const rows = holdings.map((one) => [
        one.network,
        one.address,
        shown(one.containerId, options.trunc),
        one.ifName === "" ? "-" : one.ifName,
        one.netns === "" ? "-" : one.netns,
        ago(BigInt(Math.round(one.sinceMs * 1e6)), now),
        remarks(one).join("; "),
      ]);
      const header = ["NETWORK", "ADDRESS", "CONTAINER", "IFNAME", "NETNS", "SINCE", "REMARKS"];
      context.out.table(header, rows);
    });
}

function networksOf(all: readonly { readonly network: string }[]): readonly string[] {
  return all.map(({ network }) => network);
}

/** Nothing is held in a network that nothing knows: most likely its name is misspelt. */
function refuseUnknown(network: string | undefined, known: readonly string[]): void {
  if (network === undefined || known.includes(network)) return;
  const names = [...new Set(known)].sort();
  const near = nearest(network, names);
  throw new NodewrightError("cni-network", `Cannot find the network "${network}"`, {
    fix:
      near !== undefined
        ? `Write "${near}"`
        : names.length === 0
          ? "Name the directory of its file with --conf-dir"
          : `Write one of ${names.map((name) => `"${name}"`).join(", ")}`,
  });
}

function shown(containerId: string, isShort: boolean): string {
  if (containerId === "") return "-";
  // Only IDs of container runtimes are as good when they are short.
  return isShort && /^[0-9a-f]{64}$/.test(containerId) ? shortId(containerId) : containerId;
}

/** Why a reservation deserves a look. */
function remarks(one: Holding): readonly string[] {
  const found: string[] = [];
  if (one.containerId === "") found.push("the reservation does not say whose it is");
  if (!one.isOfThisBoot) found.push("from before this boot");
  if (!one.isCached) found.push("no cache entry");
  if (one.hasNetns === false) found.push("the namespace is gone");
  return found;
}

function defineCache(root: Command, context: CliContext): void {
  addPlaceOptions(root.command("cache"))
    .description("the attachments that the cache knows")
    .argument("[network]", "only this network")
    .option("--no-trunc", "whole container IDs")
    .action((network, options) => {
      const { cache, confDir } = openSession(context, options);
      const { attachments, unreadable } = cache.list();
      const lists = confDir.files.flatMap(({ list }) => list ?? []);
      refuseUnknown(network, [...lists.map(({ name }) => name), ...networksOf(attachments)]);
      const wanted = attachments.filter((one) => network === undefined || one.network === network);
      if (context.json) {
        context.out.json({ kind: "cni-cache", attachments: wanted.map(toJson), unreadable });
        return;
      }
      const now = Date.now();
      const rows = wanted.map((one) => [
        one.network,
        shown(one.containerId, options.trunc),
        one.ifName,
        one.list?.plugins.map(({ type }) => type).join(" ") ?? "?",
        addressesOf(one).join(" "),
        one.netns === "" ? "-" : one.netns,
        ago(BigInt(Math.round(one.writtenAtMs * 1e6)), now),
      ]);
      const header = ["NETWORK", "CONTAINER", "IFNAME", "PLUGINS", "ADDRESSES", "NETNS", "ADDED"];
      context.out.table(header, rows);
      for (const { path, why } of unreadable)
        context.out.note(`warning: passed over "${path}": ${why}`);
    });
}

function toJson({ list, ...entry }: CachedAttachment) {
  return {
    ...entry,
    config:
      list === undefined ? undefined : { ...list, plugins: list.plugins.map(({ raw }) => raw) },
  };
}
