import { expect, test } from "bun:test";
import { parsePluginConf } from "../../conf/plugin-conf.ts";
import type { PluginRequest } from "../../skel/plugin.ts";
import { requirePrevResult } from "./prev-result.ts";

function request(conf: object): PluginRequest {
  const stdin = JSON.stringify({ cniVersion: "1.1.0", name: "net", type: "tuning", ...conf });
  const attachment = { containerId: "c1", ifName: "eth0", netns: "", args: "", path: [] };
  return { command: "ADD", ...attachment, stdin, conf: parsePluginConf(stdin) };
}

test("requirePrevResult() gives what the plugins before made", () => {
  const { interfaces } = requirePrevResult(
    request({ prevResult: { interfaces: [{ name: "x" }] } }),
  );
  expect(interfaces).toEqual([{ name: "x" }]);
});

test("requirePrevResult() refuses a plugin that comes first", () => {
  expect(() => requirePrevResult(request({}))).toThrow(
    'Cannot ADD with "tuning" alone: prevResult is missing',
  );
});
