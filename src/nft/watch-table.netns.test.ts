import { expect, test } from "bun:test";
import { Netns, withNetns } from "../netns/mod.ts";
import { listTables, openNft, type RulesetChange, Transaction, watchTable } from "./mod.ts";

test("watchTable() reports who changed a table of the name, and nothing of others", async () => {
  using netns = Netns.create();
  using own = withNetns(netns, () => openNft());
  using other = withNetns(netns, () => openNft());
  listTables(own);
  listTables(other);
  expect(own.port).not.toBe(other.port);
  const end = new AbortController();
  const seen: (RulesetChange | undefined)[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const changes = withNetns(netns, () => {
    const watching = watchTable("t", end.signal);
    // The socket is opened by the first call, in this namespace.
    return { watching, first: watching.next() };
  });
  const reading = (async () => {
    const { value, done } = await changes.first;
    if (done !== true) seen.push(value);
    for await (const change of changes.watching) {
      seen.push(change);
      if (change?.family === "ip6") resolve();
    }
  })();
  new Transaction().addTable({ family: "ip", table: "unrelated" }).commit(other);
  new Transaction().addTable({ family: "ip", table: "t" }).commit(own);
  new Transaction().deleteTable({ family: "ip", table: "t" }).commit(other);
  new Transaction().addTable({ family: "ip6", table: "t" }).commit(own);
  await promise;
  end.abort();
  await reading;
  const ip = new Set(seen.filter((one) => one?.family === "ip").map((one) => one?.port));
  expect([...ip].sort()).toEqual([own.port, other.port].sort());
});
