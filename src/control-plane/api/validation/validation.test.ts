import { describe, expect, test } from "bun:test";
import type { ApiObject } from "../../objects/mod.ts";
import { kindOf } from "../../resources/mod.ts";
import { strategyOf } from "../strategy/mod.ts";
import { kindCauses, readObject, schemaCauses, updateCauses } from "./mod.ts";

const POD = kindOf("pods");
const DEPLOYMENT = kindOf("deployments", "apps");

function object(kind: string, spec: unknown, more: Record<string, unknown> = {}): ApiObject {
  return JSON.parse(
    JSON.stringify({ kind, apiVersion: "v1", metadata: { name: "a" }, spec, ...more }),
  );
}
const container = { name: "c", image: "i" };

describe("readObject()", () => {
  const read = (given: ApiObject, fieldValidation: "Ignore" | "Warn" | "Strict" = "Strict") => {
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    return { read: readObject(given, POD, { fieldValidation, warn }), warnings };
  };

  test("leaves out nulls, and writes quantities as text", () => {
    const limits = { cpu: 1, memory: "1Gi" };
    const given = object("Pod", {
      nodeName: null,
      containers: [{ ...container, resources: { limits } }],
    });
    expect(read(given).read["spec"]).toEqual({
      containers: [{ ...container, resources: { limits: { cpu: "1", memory: "1Gi" } } }],
    });
  });

  test("refuses, warns about, or leaves out unknown fields", () => {
    const given = object("Pod", { containers: [{ ...container, imag: "x" }], foo: 1 });
    expect(() => read(given)).toThrow(
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].imag", unknown field "spec.foo"',
    );
    const warned = read(given, "Warn");
    expect(warned.warnings).toEqual([
      'unknown field "spec.containers[0].imag"',
      'unknown field "spec.foo"',
    ]);
    expect(warned.read["spec"]).toEqual({ containers: [container] });
    expect(read(given, "Ignore").warnings).toEqual([]);
  });

  test.each([
    [
      "a text for a number",
      { terminationGracePeriodSeconds: "a" },
      /string into Go struct field PodSpec\.spec\.terminationGracePeriodSeconds of type int64/,
    ],
    ["a map for a list", { containers: {} }, /of type list/],
    ["a number for a flag", { hostNetwork: 1 }, /of type bool$/],
    ["no quantity", { overhead: { cpu: "x" } }, /quantities must match/],
  ])("refuses %s", (_, spec, want) => {
    expect(() => read(object("Pod", spec))).toThrow(want);
  });
});

describe("kindCauses() and schemaCauses()", () => {
  const cases: { name: string; spec: Record<string, unknown>; want: readonly string[] }[] = [
    { name: "a good pod", spec: { containers: [container] }, want: [] },
    { name: "no containers", spec: {}, want: ["spec.containers: Required value"] },
    {
      name: "no image",
      spec: { containers: [{ name: "c" }] },
      want: ["spec.containers[0].image: Required value"],
    },
    {
      name: "no name",
      spec: { containers: [{ image: "i" }] },
      want: ["spec.containers[0].name: Required value"],
    },
    {
      name: "two containers of a name",
      spec: { containers: [container, container] },
      want: ['spec.containers[1].name: Duplicate value: "c"'],
    },
    {
      name: "a volume that is not there",
      spec: { containers: [{ ...container, volumeMounts: [{ name: "v", mountPath: "/v" }] }] },
      want: ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
    },
    {
      name: "a port out of range",
      spec: { containers: [{ ...container, ports: [{ containerPort: 70_000 }] }] },
      want: [
        "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
      ],
    },
    {
      name: "more asked for than allowed",
      spec: {
        containers: [{ ...container, resources: { requests: { cpu: "2" }, limits: { cpu: "1" } } }],
      },
      want: [
        'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
      ],
    },
    {
      name: "sysctls of no name, and one twice",
      spec: {
        containers: [container],
        securityContext: {
          sysctls: [
            "kernel.shm_rmid_forced",
            "net/ipv4/ip_forward",
            "foo-",
            "bar..",
            "a.b",
            "a.b",
          ].map((name) => ({ name, value: "1" })),
        },
      },
      want: [
        ...["foo-", "bar.."].map(
          (name, index) =>
            `spec.securityContext.sysctls[${index + 2}].name: Invalid value: "${name}": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`,
        ),
        'spec.securityContext.sysctls[5].name: Duplicate value: "a.b"',
      ],
    },
    {
      name: "a word that a field does not know",
      spec: { containers: [container], dnsPolicy: "Foo" },
      want: [
        'spec.dnsPolicy: Unsupported value: "Foo": supported values: "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"',
      ],
    },
  ];
  test.each(cases)("$name", ({ spec, want }) => {
    const pod = object("Pod", spec);
    strategyOf(POD).defaults?.(pod);
    const causes = [...schemaCauses(pod, POD), ...kindCauses("pods", pod)];
    expect([...new Set(causes.map(({ field, message }) => `${field}: ${message}`))]).toEqual([
      ...want,
    ]);
  });

  test("a selector has to match its template", () => {
    const template = { metadata: { labels: { a: "b" } }, spec: { containers: [container] } };
    const deployment = object("Deployment", { selector: { matchLabels: { a: "c" } }, template });
    strategyOf(DEPLOYMENT).defaults?.(deployment);
    expect(kindCauses("apps/deployments", deployment).map(({ field }) => field)).toEqual([
      "spec.template.metadata.labels",
    ]);
  });
});

describe("kindCauses() of a CronJob", () => {
  const template = { spec: { restartPolicy: "Never", containers: [container] } };
  const spec = {
    ...{ schedule: "*/5 * * * *", concurrencyPolicy: "Allow" },
    jobTemplate: { spec: { template } },
  };
  test.each<[string, Record<string, unknown>, readonly string[]]>([
    ["a good one", { timeZone: "Asia/Seoul" }, []],
    [
      "a schedule that is none",
      { schedule: "* * * *" },
      ['spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]'],
    ],
    [
      "a zone in the schedule",
      { schedule: "TZ=UTC * * * * *" },
      [
        'spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
      ],
    ],
    [
      "a zone that is none",
      { timeZone: "Mars/Olympus" },
      ['spec.timeZone: Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus'],
    ],
    [
      "the machine's zone by that name",
      { timeZone: "local" },
      [
        'spec.timeZone: Invalid value: "local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
      ],
    ],
    [
      "a policy that is none, numbers below 0",
      { concurrencyPolicy: "Queue", failedJobsHistoryLimit: -1 },
      [
        'spec.concurrencyPolicy: Unsupported value: "Queue": supported values: "Allow", "Forbid", "Replace"',
        "spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
      ],
    ],
    [
      "pods that never end",
      {
        jobTemplate: {
          spec: { template: { spec: { ...template.spec, restartPolicy: "Always" } } },
        },
      },
      [
        'spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
      ],
    ],
  ])("%s", (_, more, want) => {
    const causes = kindCauses("batch/cronjobs", object("CronJob", { ...spec, ...more }));
    expect(causes.map(({ field, message }) => `${field}: ${message}`)).toEqual([...want]);
  });

  test("a name too long for its Jobs", () => {
    const long = object("CronJob", spec, { metadata: { name: "a".repeat(53) } });
    expect(kindCauses("batch/cronjobs", long).map(({ field }) => field)).toEqual(["metadata.name"]);
  });
});

describe("updateCauses()", () => {
  const cases: {
    name: string;
    resource: string;
    from: Record<string, unknown>;
    to: Record<string, unknown>;
    want: readonly string[];
  }[] = [
    {
      name: "a pod's image may change",
      resource: "pods",
      from: { containers: [container] },
      to: { containers: [{ ...container, image: "j" }] },
      want: [],
    },
    {
      name: "a pod's node selector may not",
      resource: "pods",
      from: { containers: [container] },
      to: { containers: [container], nodeSelector: { a: "b" } },
      want: ["spec"],
    },
    {
      name: "a Deployment's selector may not",
      resource: "apps/deployments",
      from: { selector: { matchLabels: { a: "b" } } },
      to: { selector: { matchLabels: { a: "c" } } },
      want: ["spec.selector"],
    },
    {
      name: "a node's pod network may be given once",
      resource: "nodes",
      from: { podCIDRs: ["10.200.0.0/24"] },
      to: { podCIDRs: ["10.200.1.0/24"] },
      want: ["spec.podCIDRs"],
    },
    {
      name: "a Service's address may not",
      resource: "services",
      from: { type: "ClusterIP", clusterIP: "10.32.0.2" },
      to: { type: "ClusterIP", clusterIP: "10.32.0.3" },
      want: ["spec.clusterIPs[0]"],
    },
    {
      name: "a StatefulSet's service name may not, its replicas may",
      resource: "apps/statefulsets",
      from: { serviceName: "a", replicas: 1 },
      to: { serviceName: "b", replicas: 2 },
      want: ["spec"],
    },
  ];
  test.each(cases)("$name", ({ resource, from, to, want }) => {
    const causes = updateCauses(resource, object("X", to), object("X", from));
    expect(causes.map(({ field }) => field)).toEqual([...want]);
  });
});
