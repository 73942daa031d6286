import { expect, test } from "bun:test";
import { resolve } from "node:path";

const MODULE = resolve(import.meta.dir, "describe-holder.ts");

test.skipIf(process.getuid?.() !== 0)("a user that nobody knows, without HOME, is a number", () => {
  const script = `
    const { describeHolder } = require(${JSON.stringify(MODULE)});
    process.setuid(54321);
    console.log(describeHolder(7));`;
  const child = Bun.spawnSync([process.execPath, "-e", script], { env: {}, stderr: "inherit" });
  expect(child.stdout.toString()).toMatch(/^user 54321@\S+, process 7\n$/);
});
