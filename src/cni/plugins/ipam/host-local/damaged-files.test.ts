import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mutateText, seededRandom } from "../../../../base/testing/mod.ts";
import { CniError } from "../../../errors.ts";
import type { CniCommand } from "../../../skel/plugin.ts";
import { decodeHolder } from "./holder.ts";
import { parseAddressName } from "./holder-index.ts";
import { container, IpamLab } from "./testing.ts";

const ROUNDS = 60;
const IDS = ["c1", "c2", "c3", "c4"];
const VALID = [{ containerID: "c1", ifname: "eth0" }];

/** Every file of a data directory, locks left out: those have nothing in them. */
function filesOf(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "lock")
    .map((entry) => join(entry.parentPath, entry.name));
}

test("damaged files: every operation works or says what is wrong; no address is given twice", async () => {
  const random = seededRandom(20_261_128);
  for (let round = 0; round < ROUNDS; round++) {
    using lab = new IpamLab();
    for (const id of IDS.slice(0, 1 + random(3))) await lab.add({ attachment: container(id) });
    const strangers = damage(lab, random);
    for (let i = 0; i < 6; i++) {
      const commands: readonly CniCommand[] = ["ADD", "DEL", "GC", "CHECK", "STATUS", "ADD"];
      const command = commands[random(commands.length)] ?? "ADD";
      const attachment = container(IDS[random(IDS.length)] ?? "c1");
      const conf = command === "GC" ? { "cni.dev/valid-attachments": VALID } : PREVIOUS;
      const failure = await lab.call(command, { attachment, conf }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      const why = `round ${round}: ${command}: ${failure}`;
      if (failure !== undefined) expect(failure, why).toBeInstanceOf(CniError);
      if (command === "DEL" || command === "GC") expect(failure, why).toBeUndefined();
    }
    for (const id of IDS) await lab.call("DEL", { attachment: container(id) });
    // What nobody known has written stays, and is whole; all else is given back.
    for (const name of reservedIn(lab)) {
      expect(strangers.get(name), `round ${round}: ${name} is left`).toBe(lab.content(name));
    }
    const given = new Set<string>();
    for (const id of IDS.slice(0, 5 - reservedIn(lab).length)) {
      for (const address of await lab.add({ attachment: container(id) })) {
        expect(given.has(address), `round ${round}: ${address} is given twice`).toBe(false);
        given.add(address);
        expect(lab.content(address.split("/")[0] ?? "")).toBe(`${id}\r\neth0`);
      }
    }
  }
});

const PREVIOUS = {
  prevResult: { cniVersion: "1.1.0", ips: [{ address: "10.0.0.2/29" }] },
};

/** The names that are addresses. */
function reservedIn(lab: IpamLab): string[] {
  return lab.reserved().filter((name) => parseAddressName(name) !== undefined);
}

/** Damages some files and puts strange ones in; gives the addresses that nobody known has then. */
function damage(lab: IpamLab, random: (below: number) => number): ReadonlyMap<string, string> {
  for (const path of filesOf(lab.dataDir)) {
    if (random(3) > 0) continue;
    writeFileSync(path, mutateText(readFileSync(path, "utf8"), random));
  }
  mkdirSync(lab.net, { recursive: true });
  for (let i = random(3); i > 0; i--) {
    const name = ["10.0.0.2", "10.0.0.5", "10.0.0.999", "notes", "last_reserved_ip.0"][random(5)];
    writeFileSync(join(lab.net, name ?? "notes"), mutateText("c9\r\neth0", random));
  }
  const strangers = reservedIn(lab).map((name) => [name, lab.content(name)] as const);
  return new Map(strangers.filter(([, text]) => !isOfOneOf(text)));
}

/** True for what a DEL of the tested containers gives back. What is empty waits for GC or the next boot. */
function isOfOneOf(text: string): boolean {
  const holder = decodeHolder(text);
  if (typeof holder === "string") return false;
  return IDS.includes(holder.containerId) && (holder.ifName ?? "eth0") === "eth0";
}
