import { describe, expect, test } from "bun:test";
import { rejectionOf } from "../../base/testing/mod.ts";
import { ArtifactError } from "../errors.ts";
import { paxRecords, type TarFileMember, tarFile } from "../testing/mod.ts";
import { readTar } from "./tar.ts";

/** The bytes in pieces that never end where a block does. */
async function* pieces(bytes: Uint8Array, size = 333): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

async function list(bytes: Uint8Array, read = true) {
  const members: { name: string; kind: string; content: string; link?: string }[] = [];
  for await (const member of readTar(pieces(bytes), "test.tar")) {
    let content = "";
    if (read) for await (const part of member.body) content += Buffer.from(part).toString("latin1");
    members.push({
      name: member.name,
      kind: member.kind,
      content,
      ...(member.linkName === "" ? {} : { link: member.linkName }),
    });
  }
  return members;
}

const LONG = `dir/${"n".repeat(150)}`;

describe("readTar() reads", () => {
  const rows: { name: string; members: TarFileMember[]; want: object[] }[] = [
    {
      name: "files of several blocks, directories and links",
      members: [
        { name: "./bin/", type: "5" },
        { name: "./bin/a", content: "x".repeat(1500) },
        { name: "bin/b", type: "2", linkName: "a" },
        { name: "bin/c", type: "1", linkName: "bin/a" },
        { name: "bin/d", type: "3" },
        { name: "last", content: "end" },
      ],
      want: [
        { name: "bin", kind: "directory", content: "" },
        { name: "bin/a", kind: "file", content: "x".repeat(1500) },
        { name: "bin/b", kind: "symlink", content: "", link: "a" },
        { name: "bin/c", kind: "hardlink", content: "", link: "bin/a" },
        { name: "bin/d", kind: "device", content: "" },
        { name: "last", kind: "file", content: "end" },
      ],
    },
    {
      name: "ustar prefixes",
      members: [{ name: "tool", prefix: "kubernetes/node/bin", content: "t" }],
      want: [{ name: "kubernetes/node/bin/tool", kind: "file", content: "t" }],
    },
    {
      name: "GNU long names, whose headers keep times in the prefix field",
      members: [
        { name: "././@LongLink", type: "L", content: `${LONG}\0`, magic: "ustar  \0" },
        { name: LONG.slice(0, 99), content: "l", magic: "ustar  \0", prefix: "14700000000" },
        { name: "short", content: "s", magic: "ustar  \0" },
      ],
      want: [
        { name: LONG, kind: "file", content: "l" },
        { name: "short", kind: "file", content: "s" },
      ],
    },
    {
      name: "pax paths and sizes",
      members: [
        { name: "g", type: "g", content: paxRecords({ comment: "abc" }) },
        { name: "x", type: "x", content: paxRecords({ path: LONG, size: "3", mtime: "1.5" }) },
        { name: "cut", content: "abc", sizeField: "00000000000\0" },
        { name: "next", content: "n" },
      ],
      want: [
        { name: LONG, kind: "file", content: "abc" },
        { name: "next", kind: "file", content: "n" },
      ],
    },
    {
      name: "binary sizes",
      members: [
        {
          name: "b",
          content: "abc",
          sizeField: new Uint8Array([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]),
        },
      ],
      want: [{ name: "b", kind: "file", content: "abc" }],
    },
    {
      name: "sparse files as such, both ways of saying it",
      members: [
        { name: "s", type: "S" },
        { name: "x", type: "x", content: paxRecords({ "GNU.sparse.major": "1" }) },
        { name: "p", content: "map" },
      ],
      want: [
        { name: "s", kind: "sparse", content: "" },
        { name: "p", kind: "sparse", content: "map" },
      ],
    },
  ];
  test.each(rows)("$name", async ({ members, want }) => {
    expect(await list(tarFile(members))).toEqual(want as never);
  });

  test("members whose content nobody looked at are passed over", async () => {
    const bytes = tarFile([{ name: "a", content: "x".repeat(5000) }, { name: "b" }]);
    expect((await list(bytes, false)).map((member) => member.name)).toEqual(["a", "b"]);
  });

  test("an archive without its two empty blocks", async () => {
    expect(await list(tarFile([{ name: "a" }], { end: false }))).toHaveLength(1);
  });
});

describe("readTar() refuses", () => {
  const whole = tarFile([{ name: "a", content: "x".repeat(2000) }]);
  const rows: { name: string; bytes: Uint8Array; want: RegExp }[] = [
    { name: "nothing at all", bytes: new Uint8Array(0), want: /ends inside a header/ },
    { name: "a cut-off header", bytes: whole.slice(0, 300), want: /ends inside a header/ },
    { name: "a cut-off member", bytes: whole.slice(0, 1500), want: /ends inside "a"/ },
    {
      name: "a wrong checksum",
      bytes: tarFile([{ name: "a", brokenChecksum: true }]),
      want: /checksum of a header/,
    },
    {
      name: "an absolute name",
      bytes: tarFile([{ name: "/etc/passwd" }]),
      want: /leads out of it: "\/etc\/passwd"/,
    },
    { name: "a name upwards", bytes: tarFile([{ name: "bin/../../x" }]), want: /leads out of it/ },
    {
      name: "a name upwards in a pax header",
      bytes: tarFile([
        { name: "x", type: "x", content: paxRecords({ path: "../x" }) },
        { name: "a" },
      ]),
      want: /leads out of it: "..\/x"/,
    },
    {
      name: "a size that is no number",
      bytes: tarFile([{ name: "a", sizeField: "99999999999\0" }]),
      want: /size of a member/,
    },
    {
      name: "a size beyond all files",
      bytes: tarFile([{ name: "a", sizeField: new Uint8Array(12).fill(0xff) }]),
      want: /size of a member/,
    },
    {
      name: "a malformed pax record",
      bytes: tarFile([{ name: "x", type: "x", content: "99 path=a\n" }, { name: "a" }]),
      want: /pax record/,
    },
    {
      name: "a huge extended header",
      bytes: tarFile([{ name: "x", type: "x", sizeField: "77777777777\0" }]),
      want: /too large/,
    },
  ];
  test.each(rows)("$name", async ({ bytes, want }) => {
    const error = await rejectionOf(list(bytes));
    expect(error).toBeInstanceOf(ArtifactError);
    expect(error).toMatchObject({ kind: "archive", message: expect.stringMatching(want) });
  });
});
