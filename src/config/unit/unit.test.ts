import { describe, expect, test } from "bun:test";
import {
  checkUnit,
  filesReadBy,
  mergeUnit,
  parseUnit,
  parseUnitBoolean,
  splitWords,
} from "../mod.ts";
import { briefly, hardWayFile, mustHave } from "../testing.ts";
import { UNIT_KEYS } from "./unit-keys.ts";

const parse = (text: string, file = "x.service") => parseUnit(text, file);
const words = (list: readonly { readonly value: string }[]): string[] => list.map((w) => w.value);
const service = (body: string): string => `[Service]\nExecStart=/bin/true\n${body}`;

describe("parseUnit()", () => {
  const tutorial: readonly { name: string; exec: string[]; reads: string[] }[] = [
    {
      name: "containerd.service",
      exec: ["/bin/containerd"],
      reads: ["/bin/containerd", "/etc/containerd/config.toml"],
    },
    {
      name: "kubelet.service",
      exec: [
        "/usr/local/bin/kubelet",
        "--config=/var/lib/kubelet/kubelet-config.yaml",
        "--kubeconfig=/var/lib/kubelet/kubeconfig",
        "--v=2",
      ],
      reads: [
        "/usr/local/bin/kubelet",
        "/var/lib/kubelet/kubelet-config.yaml",
        "/var/lib/kubelet/kubeconfig",
      ],
    },
    {
      name: "kube-proxy.service",
      exec: ["/usr/local/bin/kube-proxy", "--config=/var/lib/kube-proxy/kube-proxy-config.yaml"],
      reads: ["/usr/local/bin/kube-proxy", "/var/lib/kube-proxy/kube-proxy-config.yaml"],
    },
  ];
  test.each(tutorial)("takes the tutorial's $name", async ({ name, exec, reads }) => {
    const { value, problems } = parse(await hardWayFile(name), name);
    expect(problems).toEqual([]);
    const unit = mustHave({ value, problems });
    const argv = unit.execStart.map((c) => [c.executable.value, ...words(c.args)]);
    expect(argv).toEqual([exec]);
    expect(words(filesReadBy(unit))).toEqual(reads);
    expect(words(unit.wantedBy)).toEqual(["multi-user.target"]);
    expect(unit.type).toMatchObject({ value: "simple", isDefault: true });
  });

  test("knows where each word of a continued line stands, comments in between left out", () => {
    const text = [
      "[Service]",
      "ExecStart = /bin/a \\",
      "  --one=1 \\",
      "# --two=2 \\",
      "; --three=3",
      '  "--fo ur" \\',
      "",
      "Restart=always",
    ].join("\n");
    const unit = mustHave(parse(text));
    expect(unit.execStart[0]?.args).toEqual([
      { value: "--one=1", location: { file: "x.service", line: 3, column: 3 }, isDefault: false },
      { value: "--fo ur", location: { file: "x.service", line: 6, column: 3 }, isDefault: false },
    ]);
    expect(unit.restart).toMatchObject({ value: "always", location: { line: 8, column: 9 } });
  });

  test.each([
    ["", "error missing-key 1:1 Missing key in [Service]: ExecStart"],
    ["[Service]\nType=notify", "error missing-key 2:1 Missing key in [Service]: ExecStart"],
    [
      "[Service]\nExecStart=/a\nExecStart=",
      "error missing-key 2:1 Missing key in [Service]: ExecStart",
    ],
    [service("Resart=always"), "warning unknown-key 3:1 Unknown key in [Service]: Resart"],
    [service("restart=always"), "warning unknown-key 3:1 Unknown key in [Service]: restart"],
    [
      `[Unit]\nRestart=always\n${service("")}`,
      "warning unknown-key 2:1 Unknown key in [Unit]: Restart",
    ],
    [service("[Instal]\nWantedBy=x"), 'warning unknown-section 3:1 Unknown section: "Instal"'],
    [
      service("[Install\nWantedBy=x"),
      "error syntax 3:1 Cannot parse unit: a section header is not closed",
    ],
    [service("Restart always"), "error syntax 3:1 Cannot parse unit: a line without ="],
    [service("  = x"), "error syntax 3:3 Cannot parse unit: a line without a key"],
    [
      `Restart=always\n${service("")}`,
      "error syntax 1:1 Cannot parse unit: an assignment before the first section header",
    ],
    [
      '[Service]\nExecStart=/bin/a "b',
      "error wrong-value 2:18 Cannot split ExecStart= into words: a double quote is not closed",
    ],
    [
      "[Service]\nExecStart=-bin/a b",
      'error wrong-value 2:12 Expected an absolute path or a bare name in ExecStart=: "bin/a"',
    ],
    [
      "[Service]\nExecStart=/a\nExecStart=/b",
      "error wrong-value 3:11 Found a second ExecStart= in a service of Type=simple",
    ],
    [
      service("KillMode=proces"),
      'error wrong-value 3:10 Expected one of "control-group", "process", "mixed", "none" at KillMode=: "proces"',
    ],
  ])("%j", (text, want) => {
    expect(briefly(parse(text).problems)).toEqual([want]);
  });

  test.each([
    [service("Resart=x"), "write Restart="],
    [`[Unit]\nRestart=always\n${service("")}`, "move it to [Service]"],
    [service("[Instal]"), "write [Install]"],
  ])("%j has a fix: %s", (text, fix) => {
    expect(parse(text).problems[0]?.fix).toBe(fix);
  });

  test.each([
    service("X-Mine=1\n[X-Ours]\nanything=1"),
    service("[Socket]\nListenStream=/x"),
    "[Service]\nType=oneshot\nExecStop=/bin/a",
    "[Service]\nType=oneshot\nExecStart=/a\nExecStart=/b",
    "[Service]\nExecStart=%h/bin/a",
    "[Service]\nExecStart=sh -c 'a b'",
  ])("takes %j", (text) => {
    expect(parse(text).problems).toEqual([]);
  });

  test("a drop-in, or a unit of another kind, needs no command", () => {
    expect(parseUnit("[Service]\nRestart=no", "x.service", { isPartial: true }).problems).toEqual(
      [],
    );
    expect(parse("[Unit]\nDescription=x", "x.target").problems).toEqual([]);
  });
});

describe("UnitFile", () => {
  test("an empty assignment resets a list, but never a dependency", () => {
    const unit = mustHave(
      parse(
        [
          "[Unit]",
          "After=a.service b.service",
          "After=",
          "After=c.service",
          "[Service]",
          "ExecStart=/bin/old",
          "ExecStart=",
          "ExecStart=/bin/new",
          "Environment=A=1 'B=two words'",
          "Environment=",
          'Environment="C=3" D=4',
          "Environment=D=5",
          "EnvironmentFile=-/etc/default/x",
          "EnvironmentFile=/etc/y",
        ].join("\n"),
      ),
    );
    expect(words(unit.after)).toEqual(["a.service", "b.service", "c.service"]);
    expect(unit.execStart.map((command) => command.executable.value)).toEqual(["/bin/new"]);
    expect([...unit.environment].map(([name, { value }]) => [name, value])).toEqual([
      ["C", "3"],
      ["D", "5"],
    ]);
    expect(unit.environmentFiles).toMatchObject([
      { value: "/etc/default/x", isOptional: true, location: { line: 13, column: 18 } },
      { value: "/etc/y", isOptional: false },
    ]);
    expect(words(filesReadBy(unit))).toEqual(["/bin/new", "/etc/default/x", "/etc/y"]);
  });

  test("drop-ins add to lists and override single values, in their order", () => {
    const main = mustHave(parse(service("Restart=no\nKillMode=process\nDelegate=yes")));
    const dropIn = (text: string, name: string) =>
      mustHave(parseUnit(text, name, { isPartial: true }));
    const merged = mergeUnit(main, [
      dropIn("[Service]\nExecStart=\nExecStart=/bin/b -c /etc/b.conf\nRestart=always", "10.conf"),
      dropIn("[Service]\nRestart=on-failure\nKillMode=", "20.conf"),
    ]);
    expect(checkUnit(merged)).toEqual([]);
    expect(merged.execStart.map((c) => c.executable)).toMatchObject([
      { value: "/bin/b", location: { file: "10.conf", line: 3 } },
    ]);
    expect(merged.restart).toMatchObject({ value: "on-failure", location: { file: "20.conf" } });
    expect(merged.killMode).toMatchObject({ value: "control-group", isDefault: true });
    expect(merged.delegate.value).toBe("yes");
    expect(words(filesReadBy(merged))).toEqual(["/bin/b", "/etc/b.conf"]);
  });

  test("reads prefixes, argv[0], several commands and escaped semicolons", () => {
    const unit = mustHave(
      parse("[Service]\nType=oneshot\nExecStart=-@/bin/a name x ; !!/bin/b \\; ';' ; +:/bin/c"),
    );
    expect(unit.execStart.map((c) => [c.prefixes, c.executable.value, ...words(c.args)])).toEqual([
      ["-@", "/bin/a", "x"],
      ["!!", "/bin/b", ";", ";"],
      ["+:", "/bin/c"],
    ]);
  });

  test.each([
    ["/usr/bin/containerd", ["/usr/bin/containerd", "/etc/containerd/config.toml"]],
    ["/usr/bin/containerd -c /a.toml", ["/usr/bin/containerd", "/a.toml"]],
    ["/usr/bin/containerd --config=/a.toml", ["/usr/bin/containerd", "/a.toml"]],
    ["kubelet --a=/x --b /y -c=/z --sock=unix:///s --d=%h/q --e=$V /x", ["/x", "/y", "/z"]],
  ])("filesReadBy() of %j", (command, want) => {
    expect(words(filesReadBy(mustHave(parse(`[Service]\nExecStart=${command}`))))).toEqual(want);
  });
});

test.each([
  ["a  b\tc", ["a", "b", "c"]],
  [`"a b" 'c "d"' e'f g'h`, ["a b", 'c "d"', "ef gh"]],
  [
    String.raw`a\x20b \s\t \u00e9 \U0001F600 \101 \q`,
    ["a b", " \t", "\u00e9", "\u{1F600}", "A", "\\q"],
  ],
  ["''", [""]],
  ["", []],
])("splitWords(%j)", (text, want) => {
  expect(splitWords(text)).toMatchObject({
    words: want.map((value) => ({ value })),
    fault: undefined,
  });
});

test.each([
  ["yes", true],
  ["1", true],
  ["On", true],
  ["no", false],
  ["0", false],
  ["cpu memory", undefined],
] as const)("parseUnitBoolean(%j) is %p", (word, want) => {
  expect(parseUnitBoolean(word)).toBe(want as boolean);
});

test("the table of unit keys has the keys of every manual page, once", () => {
  for (const [section, sample] of [
    ["Unit", ["After", "ConditionPathExists", "StartLimitIntervalSec", "AssertUser"]],
    [
      "Service",
      [
        "ExecStart",
        "LimitNOFILE",
        "KillMode",
        "Delegate",
        "MemoryMax",
        "OOMScoreAdjust",
        "RestartMode",
      ],
    ],
    ["Install", ["WantedBy", "Alias", "UpheldBy"]],
  ] as const) {
    const keys = UNIT_KEYS.get(section) ?? [];
    expect(keys).toContainEqual(expect.any(String));
    expect(sample.filter((key) => !keys.includes(key))).toEqual([]);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.filter((key) => !/^[A-Z][A-Za-z0-9]+$/.test(key))).toEqual([]);
  }
});
