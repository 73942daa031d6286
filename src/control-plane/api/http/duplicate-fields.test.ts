import { expect, test } from "bun:test";
import { duplicateFields } from "./duplicate-fields.ts";

test.each([
  ['{"a":1,"b":{"a":2}}', []],
  ['{"a":1,"a":2,"a":3}', ["a"]],
  [
    '{"spec":{"replicas":1,"x":[{"n":1},{"n":1,"n":2}],"replicas":2}}',
    ["spec.x[1].n", "spec.replicas"],
  ],
  ['{"a":{"b":1},"c":{"b":1}}', []],
  ['[{"a":1},{"a":1}]', []],
  ['{"a":"a\\",\\"a","b":"{\\"a\\":1"}', []],
  ['{"\\u0061":1,\n "a" : -1.5e3}', ["a"]],
  ['{"a":[],"b":{},"a":[1,2]}', ["a"]],
  ['"text"', []],
])("duplicateFields(%p) is %p", (text, want) => {
  JSON.parse(text);
  expect(duplicateFields(text)).toEqual(want);
});
