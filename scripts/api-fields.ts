/**
 * Writes src/control-plane/schema/gen/fields.json: what the protocol says about the fields of the API's
 * objects and its schemas from the registry do not: the number of each field on the wire, whether it can
 * be absent, and by which keys lists are merged. It reads the types of a Kubernetes source tree.
 *
 *     bun scripts/api-fields.ts KUBERNETES/staging/src/k8s.io
 */
import { join } from "node:path";
import { allDefinitions } from "../src/control-plane/schema/mod.ts";

interface Message {
  readonly numbers: Map<string, { readonly number: number; readonly type: string }>;
  readonly lists: Map<string, string>;
  readonly merges: Map<string, string>;
  readonly atomic: boolean;
}

const [root] = process.argv.slice(2);
if (root === undefined) throw new Error("usage: api-fields.ts KUBERNETES/staging/src/k8s.io");
const TARGET = join(import.meta.dir, "../src/control-plane/schema/gen/fields.json");
const definitions = allDefinitions();

const messages = new Map<string, Message>();
/** By definition and field: `*` where a zero differs from nothing, `!` where a zero is written. */
const presence = new Map<string, "*" | "!">();
for (const path of new Bun.Glob("{api,apimachinery}/**/generated.proto").scanSync({ cwd: root })) {
  const text = await Bun.file(join(root, path)).text();
  const prefix = `io.k8s.${/^package k8s\.io\.(.+);$/m.exec(text)?.[1] ?? ""}`;
  parseProto(text);
  const types = Bun.file(join(root, path.replace(/generated\.proto$/, "types.go")));
  if (await types.exists()) parseTypes(prefix, await types.text());
}

function parseTypes(prefix: string, text: string): void {
  let type = "";
  for (const line of text.split("\n")) {
    type = /^type (\w+) struct/.exec(line)?.[1] ?? type;
    const field = /^\t\w+\s+(\*?)\S+\s+`json:"(\w+)(,omitempty)?/.exec(line);
    if (field === null) continue;
    const [, pointer = "", name = "", omits] = field;
    if (pointer !== "") presence.set(`${prefix}.${type}.${name}`, "*");
    else if (omits === undefined) presence.set(`${prefix}.${type}.${name}`, "!");
  }
}

function parseProto(text: string): void {
  const name = /^package k8s\.io\.(.+);$/m.exec(text)?.[1] ?? "";
  let message: Message | undefined;
  let markers: string[] = [];
  for (const line of text.split("\n").map((one) => one.trim())) {
    if (line.startsWith("//")) {
      const marker = /^\/\/ \+(\w+=.*|structType=\w+)$/.exec(line)?.[1];
      if (marker !== undefined) markers.push(marker);
      continue;
    }
    const opened = /^message (\w+) \{/.exec(line)?.[1];
    if (opened !== undefined) {
      const atomic = markers.includes("structType=atomic");
      message = { numbers: new Map(), lists: new Map(), merges: new Map(), atomic };
      messages.set(`io.k8s.${name}.${opened}`, message);
    }
    const field = /^(?:optional |repeated )?(map<\w+, [\w.]+>|[\w.]+) (\w+) = (\d+);/.exec(line);
    if (field !== null && message !== undefined) addField(message, field, { markers, name });
    if (line !== "") markers = [];
  }
}

function addField(
  message: Message,
  [, type = "", field = "", number = ""]: RegExpExecArray,
  { markers, name }: { readonly markers: readonly string[]; readonly name: string },
): void {
  const absolute = type.startsWith(".k8s.io.")
    ? `io.k8s.${type.slice(8)}`
    : `io.k8s.${name}.${type}`;
  message.numbers.set(field, { number: Number(number), type: absolute });
  const values = (key: string): readonly string[] =>
    markers.filter((one) => one.startsWith(`${key}=`)).map((one) => one.slice(key.length + 1));
  const [list = values("mapType")[0] ?? values("structType")[0]] = values("listType");
  if (list !== undefined) message.lists.set(field, [list, ...values("listMapKey")].join(" "));
  const [strategy] = values("patchStrategy");
  if (strategy !== undefined) {
    message.merges.set(field, [strategy, ...values("patchMergeKey")].join(" "));
  }
}

const written: Record<string, unknown> = {};
function write(id: string, properties: ReadonlySet<string>): void {
  const message = messages.get(id);
  if (message === undefined || written[id] !== undefined) return;
  const numbers = [...message.numbers].flatMap(([field, { number, type }]) => {
    if (properties.size === 0) return [`${field}=${number}${presence.get(`${id}.${field}`) ?? ""}`];
    const same = [...properties].find((one) => one.toLowerCase() === field.toLowerCase());
    if (same !== undefined) return [`${same}=${number}${presence.get(`${id}.${same}`) ?? ""}`];
    if (!messages.has(type)) {
      console.warn(`not in JSON: ${id} ${field}`);
      return [];
    }
    // A part whose fields JSON has in the message itself.
    write(type, properties);
    return [`${field}=${number}@${type}`];
  });
  written[id] = {
    numbers: numbers.join(" "),
    ...(message.atomic ? { atomic: true } : {}),
    ...(message.lists.size === 0 ? {} : { lists: Object.fromEntries(message.lists) }),
    ...(message.merges.size === 0 ? {} : { merges: Object.fromEntries(message.merges) }),
  };
}
for (const [id, { properties }] of Object.entries(definitions)) {
  write(id, new Set(Object.keys(properties ?? {})));
}
await Bun.write(TARGET, `${JSON.stringify(written, null, 1)}\n`);
