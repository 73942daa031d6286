import { expect, test } from "bun:test";
import { parseRequest } from "./request-info.ts";

const cases: readonly (readonly [method: string, path: string, want: string])[] = [
  ["GET", "/api/v1/pods", "list pods"],
  ["GET", "/api/v1/pods?watch=true", "watch pods"],
  ["GET", "/api/v1/pods?watch=0", "list pods"],
  ["GET", "/api/v1/namespaces/n/pods/p", "get pods n/p"],
  ["HEAD", "/api/v1/namespaces/n/pods/p", "get pods n/p"],
  ["GET", "/api/v1/namespaces/n/pods/p/log", "get pods n/p log"],
  ["POST", "/api/v1/namespaces/n/pods", "create pods n"],
  ["PUT", "/api/v1/namespaces/n/pods/p/status", "update pods n/p status"],
  ["PATCH", "/apis/apps/v1/namespaces/n/deployments/d/scale", "patch deployments n/d scale"],
  ["DELETE", "/api/v1/namespaces/n/pods", "deletecollection pods n"],
  ["DELETE", "/api/v1/namespaces/n/pods/p", "delete pods n/p"],
  ["GET", "/api/v1/namespaces/n", "get namespaces /n"],
  ["PUT", "/api/v1/namespaces/n/finalize", "update namespaces /n finalize"],
  ["PATCH", "/api/v1/namespaces/n/status", "patch namespaces /n status"],
  ["GET", "/api/v1/nodes/n/proxy/a/b", "get nodes /n proxy /a/b"],
  ["GET", "/api/v1/namespaces/n/configmaps/a%2Fb", "get configmaps n/a/b"],
  ["GET", "/api", "path get"],
  ["GET", "/apis/apps/v1", "path get"],
  ["POST", "/healthz", "path post"],
];
test.each(cases)("parseRequest() %s %s", (method, path, want) => {
  const info = parseRequest(method, new URL(path, "https://a"));
  if (!info.isResource) return expect(`path ${info.verb}`).toBe(want);
  const { verb, kind, namespace, name, subresource, rest } = info;
  const at = name === "" ? namespace : `${namespace}/${name}`;
  const words = [verb, kind.plural, at, subresource, rest].filter((word) => word !== "");
  expect(words.join(" ")).toBe(want);
});

test.each(["/api/v1/foos", "/apis/apps/v2/deployments", "/api/v1/namespaces/n/nodes"])(
  "parseRequest() does not know %s",
  (path) => {
    expect(() => parseRequest("GET", new URL(path, "https://a"))).toThrow(
      "the server could not find the requested resource",
    );
  },
);
