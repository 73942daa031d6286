import { describe, expect, test } from "bun:test";
import { formatProblem } from "../../base/mod.ts";
import {
  boolean,
  choice,
  either,
  integer,
  list,
  map,
  number,
  type OutputOf,
  object,
  parseYaml,
  readValue,
  required,
  text,
  validate,
} from "../mod.ts";

const schema = object({
  name: required(text({ nonEmpty: true })),
  port: integer({ min: 1, max: 65535, default: 22 }),
  ratio: number({ min: 0, max: 1 }),
  isFast: boolean(),
  mode: choice(["slow", "steady"]),
  wait: text({ format: "duration" }),
  size: either([text({ format: "quantity" }), integer()]),
  hosts: list(object({ address: required(text({ format: "ip" })), labels: map(text()) })),
  old: text({ deprecated: "use new", default: "x" }),
  password: text({ secret: true, format: "base64" }),
  reserved: map(text({ format: "quantity" }), { keys: ["cpu", "memory"] }),
});

function problemsOf(yaml: string) {
  const { value } = parseYaml(yaml, "f");
  if (value === undefined) throw new Error("the test's own YAML is wrong");
  return validate(value, schema);
}

describe("validate()", () => {
  test.each([
    {
      yaml: "name: a\nporrt: 1",
      want: 'error: Unknown key in the document: "porrt"\n  at f:2:1\n  fix: write "port"',
    },
    {
      yaml: "name: a\nsomething: 1",
      want: 'error: Unknown key in the document: "something"\n  at f:2:1\n  fix: remove it',
    },
    {
      yaml: "name: a\nport: '22'",
      want: 'error: Expected a whole number from 1 to 65535 at port, found text: "22"\n  at f:2:7\n  fix: write 22 without quotes',
    },
    {
      yaml: "name: a\nport: 70000",
      want: "error: Expected a whole number from 1 to 65535 at port: 70000\n  at f:2:7",
    },
    {
      yaml: "name: a\nport: 1.5",
      want: "error: Expected a whole number from 1 to 65535 at port, found a number: 1.5\n  at f:2:7",
    },
    {
      yaml: "name: a\nratio: 2",
      want: "error: Expected a number from 0 to 1 at ratio: 2\n  at f:2:8",
    },
    {
      yaml: "name: a\nisFast: 'TRUE'",
      want: 'error: Expected true or false at isFast, found text: "TRUE"\n  at f:2:9\n  fix: write true without quotes',
    },
    {
      yaml: "name: a\nmode: stedy",
      want: 'error: Expected one of "slow", "steady" at mode: "stedy"\n  at f:2:7\n  fix: write "steady"',
    },
    {
      yaml: "name: a\nwait: 5 minutes",
      want: 'error: Expected a duration such as "30s" or "1h30m" at wait: "5 minutes"\n  at f:2:7\n  fix: write "5m"',
    },
    {
      yaml: "name: a\nsize: [1]",
      want: 'error: Expected a quantity such as "100Mi" or "500m" or a whole number from -2147483648 to 2147483647 at size, found a list\n  at f:2:7',
    },
    {
      yaml: "name: a\nhosts:\n- address: 10.0.0.300",
      want: 'error: Expected an IP address at hosts[0].address: "10.0.0.300"\n  at f:3:12',
    },
    {
      yaml: "name: a\nhosts:\n- labels: {a: b}",
      want: 'error: Missing key in hosts[0]: "address"\n  at f:3:3\n  fix: add address, an IP address',
    },
    {
      yaml: "name: a\nhosts: x",
      want: 'error: Expected a list at hosts, found text: "x"\n  at f:2:8\n  fix: write a list',
    },
    {
      yaml: "port: 1",
      want: 'error: Missing key in the document: "name"\n  at f:1:1\n  fix: add name, text that is not empty',
    },
    { yaml: "name: ''", want: 'error: Expected text that is not empty at name: ""\n  at f:1:7' },
    {
      yaml: "name: 5",
      want: 'error: Expected text that is not empty at name, found a number: 5\n  at f:1:7\n  fix: write "5" in quotes',
    },
    {
      yaml: "name: a\nold: z",
      want: "warning: Found a deprecated key at old: use new\n  at f:2:1\n  fix: remove it",
    },
    {
      yaml: "name: a\npassword: 's3cret!'",
      want: "error: Expected base64 text at password: ***\n  at f:2:11",
    },
    {
      yaml: "name: a\npassword: 12",
      want: "error: Expected base64 text at password, found a number: ***\n  at f:2:11",
    },
    {
      yaml: "name: a\nreserved: {memery: 1Gi}",
      want: 'error: Unknown key in reserved: "memery"\n  at f:2:12\n  fix: write "memory"',
    },
    {
      yaml: "- a",
      want: "error: Expected a map of keys and values at the document, found a list\n  at f:1:1\n  fix: begin the file with its keys, without a list around them",
    },
    {
      yaml: "",
      want: "error: Expected a map of keys and values at the document, found nothing\n  at f:1:1\n  fix: restore the contents of the file",
    },
  ])("case %#", ({ yaml, want }) => {
    expect(problemsOf(yaml).map(formatProblem)).toEqual([want]);
  });

  test.each([
    "name: a",
    "name: a\nport:\nmode: null",
    "name: a\nold: x",
    "name: a\nsize: 5",
    "name: a\nsize: 5Gi",
    "name: a\nwait: ''",
    "name: a\nhosts: []\nreserved: {cpu: 500m}",
  ])("takes %j", (yaml) => {
    expect(problemsOf(yaml)).toEqual([]);
  });

  test("unknown keys may be warnings, or nothing", () => {
    const document = parseYaml("name: a\nx: 1", "f").value;
    if (document === undefined) throw new Error("unreachable");
    expect(validate(document, schema, { unknownKeys: "warning" })).toMatchObject([
      { code: "unknown-key", severity: "warning" },
    ]);
    expect(validate(document, schema, { unknownKeys: "allow" })).toEqual([]);
  });
});

describe("readValue()", () => {
  test("gives the data in the schema's own type", () => {
    const document = parseYaml("name: a\nhosts: [{address: 10.0.0.1}]", "f").value;
    if (document === undefined) throw new Error("unreachable");
    const { value, problems } = readValue(document, schema);
    expect(problems).toEqual([]);
    // The assignment is the test: the compiler knows name as always there, the rest as optional.
    const typed: { readonly name: string; readonly port?: number | undefined } | undefined = value;
    expect(typed).toMatchObject({ name: "a" });
    const first: string | undefined = value?.hosts?.[0]?.address;
    expect(first).toBe("10.0.0.1");
    const mode: OutputOf<typeof schema>["mode"] = "steady";
    expect(mode).toBe("steady");
  });

  test("gives nothing where there is an error", () => {
    const document = parseYaml("name: 1", "f").value;
    if (document === undefined) throw new Error("unreachable");
    expect(readValue(document, schema).value).toBeUndefined();
  });
});
