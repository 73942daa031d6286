import { definition, fieldFacts } from "./definitions.ts";
import type { Schema } from "./schema.ts";

/** One field of a message on the wire. */
export type MessageField =
  | {
      readonly is: "field";
      readonly number: number;
      readonly name: string;
      readonly schema: Schema;
      /** What an empty value means: nothing, itself, or that it is written all the same. */
      readonly empty: "absent" | "value" | "written";
    }
  /** A part whose fields JSON has in the message itself. */
  | { readonly is: "part"; readonly number: number; readonly id: string };

const KNOWN = new Map<string, ReadonlyMap<number, MessageField>>();
const EMPTY = { "": "absent", "*": "value", "!": "written" } as const;

/** The fields of a message by number; `properties` are those of the message that a part is in. */
export function messageFields(
  id: string,
  properties: Readonly<Record<string, Schema>> = definition(id)?.properties ?? {},
): ReadonlyMap<number, MessageField> {
  const known = KNOWN.get(id);
  if (known !== undefined) return known;
  const fields = new Map<number, MessageField>();
  for (const word of fieldFacts(id)?.numbers.split(" ") ?? []) {
    const match = /^(\w+)=(\d+)([*!]?)(?:@(.+))?$/.exec(word);
    if (match === null) continue;
    const [, name = "", digits, mark = "", part] = match;
    const number = Number(digits);
    const schema = properties[name];
    if (part !== undefined) fields.set(number, { is: "part", number, id: part });
    else if (schema !== undefined) {
      const empty = mark === "*" || mark === "!" ? EMPTY[mark] : EMPTY[""];
      fields.set(number, { is: "field", number, name, schema, empty });
    }
  }
  // A part has the properties of whatever it is in; only a whole message is worth keeping.
  if (definition(id) !== undefined) KNOWN.set(id, fields);
  return fields;
}
