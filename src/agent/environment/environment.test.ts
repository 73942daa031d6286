import { describe, expect, test } from "bun:test";
import type { Container, Pod } from "../api/mod.ts";
import { environment, expand, podField, resourceField } from "./mod.ts";

describe("expand()", () => {
  test.each([
    ["plain", "plain"],
    ["$(A)", "one"],
    ["x$(A)y$(B)", "xoney2"],
    ["$(UNKNOWN)", "$(UNKNOWN)"],
    ["$$(A)", "$(A)"],
    ["$$$(A)", "$one"],
    ["$A {A} $", "$A {A} $"],
    ["$(A", "$(A"],
    ["$()", "$()"],
  ])("%s gives %s", (text, want) => {
    const values = new Map([
      ["A", "one"],
      ["B", "2"],
    ]);
    expect(expand(text, (name) => values.get(name))).toBe(want);
  });
});

const pod = (more: Partial<Pod["spec"]> = {}): Pod => ({
  metadata: {
    ...{ name: "p", namespace: "ns", uid: "u" },
    labels: { b: "2", a: 'say "hi"' },
    annotations: { note: "text" },
  },
  spec: { serviceAccountName: "sa", containers: [{ name: "main" }], ...more },
});
const fields = { nodeName: "node-0", hostIPs: ["192.168.0.1"], podIPs: ["10.0.0.2", "fd00::2"] };

describe("podField()", () => {
  test.each([
    ["metadata.name", "p"],
    ["metadata.labels['b']", "2"],
    ["metadata.labels['none']", ""],
    ["metadata.annotations['note']", "text"],
    ["metadata.labels", 'a="say \\"hi\\""\nb="2"'],
    ["spec.nodeName", "node-0"],
    ["spec.serviceAccountName", "sa"],
    ["status.hostIP", "192.168.0.1"],
    ["status.podIP", "10.0.0.2"],
    ["status.podIPs", "10.0.0.2,fd00::2"],
    ["spec.nothing", undefined],
  ])("%s is %p", (path, want) => {
    expect(podField(pod(), path, fields)).toBe(want as string);
  });
});

describe("resourceField()", () => {
  const resources = { limits: { cpu: "1500m", memory: "64Mi" }, requests: { memory: "0.1Gi" } };
  test.each([
    { resource: "limits.cpu", want: "2" },
    { resource: "limits.cpu", divisor: "1m", want: "1500" },
    { resource: "limits.memory", want: "67108864" },
    { resource: "limits.memory", divisor: "1Mi", want: "64" },
    { resource: "requests.memory", divisor: "1Mi", want: "103" },
    { resource: "limits.ephemeral-storage", want: "1000" },
    { resource: "requests.cpu", want: "0" },
  ])("$resource / $divisor is $want", ({ want, ...selector }) => {
    const one = pod({ containers: [{ name: "main", resources }] });
    const allocatable = { "ephemeral-storage": 1000 };
    expect(resourceField(one, selector, { containerName: "main", allocatable })).toBe(want);
  });
});

describe("environment()", () => {
  const service = (name: string, namespace: string, clusterIP = "10.32.0.1") => ({
    metadata: { name, namespace },
    spec: { clusterIP, ports: [{ port: 443, name: "https" }] },
  });
  const run = (container: Partial<Container>, more: Partial<Pod["spec"]> = {}) =>
    environment(
      pod(more),
      { name: "main", ...container },
      {
        services: [
          service("kubernetes", "default"),
          service("my-db", "ns", "10.32.0.9"),
          service("other", "elsewhere"),
          service("headless", "ns", "None"),
        ],
        data: (kind, name) =>
          name === "there"
            ? new Map([
                ["KEY", kind],
                ["lower.key", "x"],
              ])
            : undefined,
        fields,
        allocatable: {},
      },
    );

  test("has the services of its namespace and the API's", () => {
    const result = Object.fromEntries(run({}));
    expect(result).toMatchObject({
      KUBERNETES_SERVICE_HOST: "10.32.0.1",
      KUBERNETES_PORT_443_TCP: "tcp://10.32.0.1:443",
      MY_DB_SERVICE_PORT_HTTPS: "443",
      MY_DB_PORT_443_TCP_ADDR: "10.32.0.9",
    });
    expect(Object.keys(result).filter((key) => /OTHER|HEADLESS/.test(key))).toEqual([]);
    const without = run({}, { enableServiceLinks: false });
    expect([without.has("MY_DB_SERVICE_HOST"), without.has("KUBERNETES_PORT")]).toEqual([
      false,
      true,
    ]);
  });

  test("puts env over envFrom over services, and sees what came before", () => {
    const result = run({
      envFrom: [
        { configMapRef: { name: "there" } },
        { prefix: "S_", secretRef: { name: "there" } },
      ],
      env: [
        { name: "A", value: "$(KEY)/$(S_KEY)/$(MY_DB_SERVICE_HOST)" },
        { name: "KEY", value: "own" },
        { name: "B", value: "$(KEY) $(LATER)" },
        { name: "LATER", value: "x" },
      ],
    });
    expect([result.get("A"), result.get("B")]).toEqual([
      "configmap/secret/10.32.0.9",
      "own $(LATER)",
    ]);
    expect(result.get("lower.key")).toBe("x");
  });

  test("leaves out what is optional and not there", () => {
    const ref = { name: "gone", key: "k", optional: true };
    const env = [{ name: "A", valueFrom: { configMapKeyRef: ref } }];
    expect(run({ env, envFrom: [{ secretRef: { name: "gone", optional: true } }] }).has("A")).toBe(
      false,
    );
  });

  test.each<{ container: Partial<Container>; message: string }>([
    {
      container: { envFrom: [{ configMapRef: { name: "gone" } }] },
      message: 'configmap "gone" not found',
    },
    {
      container: { env: [{ name: "A", valueFrom: { secretKeyRef: { name: "there", key: "k" } } }] },
      message: "couldn't find key k in Secret ns/there",
    },
    {
      container: { env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "spec.x" } } }] },
      message: "unsupported fieldPath: spec.x",
    },
  ])("says $message", ({ container, message }) => {
    expect(() => run(container)).toThrow(message);
  });
});
