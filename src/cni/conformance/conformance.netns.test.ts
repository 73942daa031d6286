import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { isFullRun } from "../../base/testing/mod.ts";
import { PLUGIN_NAMES } from "../plugins/plugin-names.ts";
import { OwnExecutables } from "../testing/own-executables.ts";
import { checkConformance, SUBJECTS } from "./mod.ts";

/** By client and server as on a node; a full run tries the full program too, which a client can become. */
const PATHS = isFullRun ? (["client", "program"] as const) : (["client"] as const);

describe.each(PATHS)("called as %s", (path) => {
  let own: OwnExecutables;
  beforeAll(() => {
    own = new OwnExecutables(path);
  });
  afterAll(() => own[Symbol.dispose]());

  test.each(SUBJECTS.map((subject) => [subject.type, subject] as const))(
    "%s conforms to every version of the specification",
    async (type, subject) => {
      const { checks, reason } = await checkConformance(own.directory, subject);
      if (reason !== undefined) console.log(`${type}: only a part was looked at: ${reason}`);
      expect(checks.filter(({ failure }) => failure !== undefined)).toEqual([]);
      expect(checks.length).toBeGreaterThan(40);
    },
  );
});

test("the suite has a subject for every plugin of the executable", () => {
  const subjects = SUBJECTS.map(({ type }) => type).sort();
  expect(subjects).toEqual([...PLUGIN_NAMES]);
});
