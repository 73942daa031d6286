import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { container, failureOf, IpamLab } from "./testing.ts";

let lab: IpamLab;
beforeEach(() => {
  lab = new IpamLab();
});
afterEach(() => lab[Symbol.dispose]());

describe("DEL", () => {
  test("gives back every address of the attachment alone, and repeats", async () => {
    const ranges = [[{ subnet: "fd00::/64" }], [{ subnet: "10.0.0.0/29" }]];
    await lab.add({ ipam: { ranges } });
    await lab.add({ ipam: { ranges }, attachment: container("c1", "eth1") });
    await lab.call("DEL");
    expect(lab.reserved()).toEqual(["10.0.0.3", "fd00::3"]);
    await lab.call("DEL");
    await lab.call("DEL", { attachment: container("none") });
    expect(lab.reserved()).toEqual(["10.0.0.3", "fd00::3"]);
  });

  test("needs no valid ranges, and makes nothing where nothing is", async () => {
    await lab.call("DEL", { ipam: { ranges: "wrong" } });
    expect(existsSync(lab.net)).toBe(false);
    await lab.add();
    await lab.call("DEL", { ipam: { ranges: "wrong" }, args: "COLOUR=red" });
    expect(lab.reserved()).toEqual([]);
  });

  test("of what the reference reserved, and of the older form", async () => {
    lab.reserveAsReference("10.0.0.4", "ref\r\neth0");
    lab.reserveAsReference("10.0.0.5", "older");
    lab.reserveAsReference("10.0.0.6", "ref\r\neth1");
    await lab.call("DEL", { attachment: container("ref") });
    await lab.call("DEL", { attachment: container("older", "eth7") });
    expect(lab.reserved()).toEqual(["10.0.0.6"]);
  });

  test("after somebody removed the index, or copied the directory without it", async () => {
    await lab.add({ attachment: container("a") });
    await lab.add({ attachment: container("b") });
    rmSync(join(lab.dataDir, ".nodewright"), { recursive: true });
    await lab.call("DEL", { attachment: container("a") });
    expect(lab.reserved()).toEqual(["10.0.0.3"]);
    const copy = join(lab.dataDir, "copy");
    mkdirSync(copy);
    for (const name of readdirSync(lab.net)) cpSync(join(lab.net, name), join(copy, name));
    rmSync(lab.net, { recursive: true });
    renameSync(copy, lab.net);
    await lab.call("DEL", { attachment: container("b") });
    expect(lab.reserved()).toEqual([]);
  });

  test("of a container with a name as long as a file's", async () => {
    const long = container("x".repeat(255));
    await lab.add({ attachment: long });
    await lab.call("DEL", { attachment: long });
    expect(lab.reserved()).toEqual([]);
  });

  test("leaves no trace in the index", async () => {
    await lab.add();
    await lab.call("DEL");
    const root = join(lab.dataDir, ".nodewright/net");
    const [boot = ""] = readdirSync(root);
    expect(readdirSync(join(root, boot))).toEqual(["state"]);
  });
});

describe("beside the reference plugin", () => {
  test("goes on after its last address, and sees its holders", async () => {
    await lab.add({ attachment: container("a") });
    lab.reserveAsReference("10.0.0.3", "ref\r\neth0");
    expect(await lab.add({ attachment: container("b") })).toEqual(["10.0.0.4/29"]);
    expect(await lab.add({ attachment: container("ref") })).toEqual(["10.0.0.3/29"]);
  });

  test("sees a holder whose successor is gone again", async () => {
    await lab.add({ attachment: container("a") });
    lab.reserveAsReference("10.0.0.3", "ref\r\neth0");
    lab.reserveAsReference("10.0.0.4", "other\r\neth0");
    unlinkSync(join(lab.net, "10.0.0.4"));
    expect(await lab.add({ attachment: container("ref") })).toEqual(["10.0.0.3/29"]);
  });

  test("sees that the very address it reserved last has another holder", async () => {
    await lab.add({ attachment: container("a") });
    unlinkSync(join(lab.net, "10.0.0.2"));
    lab.reserveAsReference("10.0.0.2", "ref\r\neth0");
    await lab.call("DEL", { attachment: container("a") });
    expect(lab.reserved()).toEqual(["10.0.0.2"]);
    expect(await lab.add({ attachment: container("ref") })).toEqual(["10.0.0.2/29"]);
  });

  test("files that a power loss left empty or full of NULs are no reservations", async () => {
    const lines: string[] = [];
    lab.reserveAsReference("10.0.0.2", "");
    lab.reserveAsReference("10.0.0.3", "\0\0\0\0");
    lab.reserveAsReference("10.0.0.4", "reserved for the printer");
    writeFileSync(join(lab.net, "last_reserved_ip.0"), "");
    expect(await lab.add({ log: (line) => lines.push(line) })).toEqual(["10.0.0.2/29"]);
    expect(lab.reserved()).toEqual(["10.0.0.2", "10.0.0.4"]);
    expect(lines.join("\n")).toContain("10.0.0.3");
  });
});

describe("after a reboot", () => {
  const all = ["a", "b", "c", "d", "e"];
  test("reservations stay until addresses are short, then those from before go", async () => {
    for (const id of all.slice(0, 4)) await lab.add({ attachment: container(id) });
    lab.reboot();
    expect(await lab.add({ attachment: container("new") })).toEqual(["10.0.0.6/29"]);
    expect(lab.reserved()).toHaveLength(5);
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    expect(await lab.add({ attachment: container("newer"), log })).toEqual(["10.0.0.2/29"]);
    expect(lines).toEqual([
      'host-local: released 4 addresses of "net" that were reserved before this boot',
    ]);
    expect(lab.reserved()).toEqual(["10.0.0.2", "10.0.0.6"]);
  });

  test("what the reference reserved counts as of the boot in which it was first seen", async () => {
    for (const i of [2, 3, 4, 5, 6]) lab.reserveAsReference(`10.0.0.${i}`, `ref${i}\r\neth0`);
    expect(await failureOf(lab.add())).toMatchObject({ code: 11 });
    lab.reboot();
    expect(await lab.add()).toEqual(["10.0.0.2/29"]);
  });

  test("what an attachment asks for again is of this boot", async () => {
    for (const id of all) await lab.add({ attachment: container(id) });
    lab.reboot();
    expect(await lab.add({ attachment: container("c") })).toEqual(["10.0.0.4/29"]);
    await lab.add({ attachment: container("new") });
    expect(lab.reserved()).toContain("10.0.0.4");
    expect(lab.content("10.0.0.4")).toBe("c\r\neth0");
  });

  test("a requested address that somebody had before the boot is given", async () => {
    await lab.add({ attachment: container("a") });
    const conf = { runtimeConfig: { ips: ["10.0.0.2"] } };
    expect(await failureOf(lab.add({ attachment: container("b"), conf }))).toMatchObject({
      code: 11,
    });
    lab.reboot();
    expect(await lab.add({ attachment: container("b"), conf })).toEqual(["10.0.0.2/29"]);
  });

  test("DEL of what was there before still works, and old boots leave no trace", async () => {
    await lab.add();
    lab.reboot();
    await lab.call("DEL");
    expect(lab.reserved()).toEqual([]);
    lab.reboot();
    await lab.call("STATUS");
    expect(readdirSync(join(lab.dataDir, ".nodewright/net"))).toHaveLength(1);
  });
});

describe("CHECK", () => {
  const prevResult = (...addresses: string[]) => ({
    prevResult: { cniVersion: "1.1.0", ips: addresses.map((address) => ({ address })) },
  });
  test("passes after ADD, and with addresses of others in the result", async () => {
    await lab.add();
    await lab.call("CHECK", { conf: prevResult("10.0.0.2/29", "192.0.2.9/24") });
  });
  test("of what the reference reserved", async () => {
    lab.reserveAsReference("10.0.0.4", "c1\r\neth0");
    await lab.call("CHECK", { conf: prevResult("10.0.0.4/29") });
  });
  test.each([
    ["nothing is reserved", false, ["10.0.0.2/29"]],
    ["another address is reserved", true, ["10.0.0.3/29"]],
  ])("fails where %s", async (_name, isAdded, addresses) => {
    if (isAdded) await lab.add();
    const error = await failureOf(lab.call("CHECK", { conf: prevResult(...addresses) }));
    expect(error).toMatchObject({ code: 999 });
  });
});

describe("GC", () => {
  const valid = (...attachments: [string, string][]) => ({
    "cni.dev/valid-attachments": attachments.map(([containerID, ifname]) => ({
      containerID,
      ifname,
    })),
  });
  test("keeps what is valid, what is of the container as a whole, and what nobody knows", async () => {
    await lab.add({ attachment: container("a") });
    await lab.add({ attachment: container("b") });
    lab.reserveAsReference("10.0.0.4", "older");
    lab.reserveAsReference("10.0.0.5", "gone");
    lab.reserveAsReference("10.0.0.6", "reserved for the printer");
    await lab.call("GC", { conf: valid(["a", "eth0"], ["b", "eth9"], ["older", "eth3"]) });
    expect(lab.reserved()).toEqual(["10.0.0.2", "10.0.0.4", "10.0.0.6"]);
    expect(readdirSync(lab.net)).toContain("last_reserved_ip.0");
  });
  test("with an empty list gives all back; without a directory does nothing", async () => {
    await lab.call("GC", { conf: valid() });
    await lab.add();
    await lab.call("GC", { conf: valid() });
    expect(lab.reserved()).toEqual([]);
    expect(await failureOf(lab.call("GC"))).toMatchObject({ code: 7 });
  });
});

describe("STATUS", () => {
  test("fails with 50 where a set is full of this boot's reservations", async () => {
    await lab.call("STATUS");
    expect(existsSync(lab.net)).toBe(false);
    for (const id of ["a", "b", "c", "d"]) await lab.add({ attachment: container(id) });
    await lab.call("STATUS");
    await lab.add({ attachment: container("e") });
    const error = await failureOf(lab.call("STATUS"));
    expect(error.code).toBe(50);
    expect(error.message).toContain('10.0.0.1-10.0.0.6 of network "net"');
    lab.reboot();
    await lab.call("STATUS");
  });
});
