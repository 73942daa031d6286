import { describe, expect, test } from "bun:test";
import type { Pod, ResourceQuota, Service } from "../../kube/types/mod.ts";
import { NOW, pod, service } from "../controllers/testing/mod.ts";
import {
  formatList,
  judgeQuotas,
  type LimitRange,
  limitBreaches,
  matchesQuota,
  usageOf,
  withLimitDefaults,
} from "./mod.ts";

type Resources = Readonly<Record<string, Readonly<Record<string, string>>>>;

function podOf(...all: readonly Resources[]): Pod {
  const containers = all.map((resources, at) => ({ name: `c${at}`, image: "i", resources }));
  return pod({ name: "p", spec: { containers } });
}

const small: Resources = {
  requests: { cpu: "100m", memory: "64Mi", "example.com/gpu": "1" },
  limits: { cpu: "1", memory: "1Gi" },
};

function quota(
  hard: Record<string, string>,
  used: Record<string, string> | "unknown" = {},
  spec: Partial<ResourceQuota["spec"]> = {},
): ResourceQuota {
  const counted = used === "unknown" ? {} : { used: { ...zero(hard), ...used } };
  return { metadata: { name: "q" }, spec: { hard, ...spec }, status: { hard, ...counted } };
}

function zero(hard: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.keys(hard).map((name) => [name, "0"]));
}

describe("usageOf()", () => {
  const cases: { name: string; resource: string; object: object; want: Record<string, string> }[] =
    [
      {
        name: "a pod: what its containers want together",
        resource: "pods",
        object: podOf(small, small),
        want: {
          ...{ "count/pods": "1", pods: "1", cpu: "200m", "requests.cpu": "200m" },
          ...{ memory: "128Mi", "requests.memory": "128Mi", "requests.example.com/gpu": "2" },
          ...{ "limits.cpu": "2", "limits.memory": "2Gi" },
        },
      },
      {
        name: "a pod that is over: its place alone",
        resource: "pods",
        object: pod({ name: "p", phase: "Succeeded" }),
        want: { "count/pods": "1" },
      },
      {
        name: "a Service with node ports",
        resource: "services",
        object: service({ type: "NodePort" }),
        want: {
          ...{ "count/services": "1", services: "1" },
          ...{ "services.nodeports": "1", "services.loadbalancers": "0" },
        },
      },
      {
        name: "a balanced Service that takes no node ports",
        resource: "services",
        object: service({
          type: "LoadBalancer",
          allocateLoadBalancerNodePorts: false,
        } satisfies Partial<Service["spec"]>),
        want: {
          ...{ "count/services": "1", services: "1" },
          ...{ "services.nodeports": "0", "services.loadbalancers": "1" },
        },
      },
      {
        name: "a claim, for all and for its class",
        resource: "persistentvolumeclaims",
        object: {
          metadata: { name: "c" },
          spec: { storageClassName: "fast", resources: { requests: { storage: "2Gi" } } },
        },
        want: {
          ...{ "count/persistentvolumeclaims": "1", persistentvolumeclaims: "1" },
          "fast.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
          "requests.storage": "2Gi",
          "fast.storageclass.storage.k8s.io/requests.storage": "2Gi",
        },
      },
      {
        name: "any other object",
        resource: "deployments.apps",
        object: {},
        want: { "count/deployments.apps": "1" },
      },
    ];
  test.each(cases)("$name", ({ resource, object, want }) => {
    expect(formatList(usageOf({ resource, object }, NOW))).toEqual(want);
  });
});

describe("judgeQuotas()", () => {
  const judge = (quotas: readonly ResourceQuota[], object: object, old?: object) =>
    judgeQuotas(quotas, { resource: "pods", object, old, now: NOW, stored: () => [] });

  test("counts what is stored, where the quota has not heard of it yet", () => {
    const stored = () => [podOf(), podOf(), pod({ name: "over", phase: "Failed" })];
    const change = { resource: "pods", object: podOf(), old: undefined, now: NOW, stored };
    expect(judgeQuotas([quota({ pods: "2" }, { pods: "1" })], change)).toMatchObject({
      why: "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2",
    });
  });

  test("charges what fits", () => {
    const verdict = judge(
      [quota({ pods: "2", "requests.memory": "1Gi" }, { pods: "1" })],
      podOf(small),
    );
    expect(verdict).toMatchObject({
      is: "allowed",
      charged: [{ status: { used: { pods: "2", "requests.memory": "64Mi" } } }],
    });
  });

  test.each<[string, readonly ResourceQuota[], Pod, string]>([
    [
      "beyond two limits",
      [
        quota(
          { pods: "1", "requests.cpu": "1", memory: "9Gi" },
          { pods: "1", "requests.cpu": "950m" },
        ),
      ],
      podOf(small),
      "exceeded quota: q, requested: pods=1,requests.cpu=100m, used: pods=1,requests.cpu=950m, limited: pods=1,requests.cpu=1",
    ],
    [
      "nothing said about what is limited",
      [quota({ cpu: "1", "limits.memory": "1Gi" })],
      podOf({}, { requests: { cpu: "1" } }),
      "failed quota: q: must specify cpu for: c0; limits.memory for: c0,c1",
    ],
    [
      "not counted yet",
      [quota({ pods: "1", "count/pods": "1" }, "unknown")],
      podOf(),
      "status unknown for quota: q, resources: count/pods,pods",
    ],
  ])("refuses: %s", (_, quotas, object, why) => {
    expect(judge(quotas, object)).toEqual({ is: "refused", why });
  });

  test("a change is charged what it adds", () => {
    const before = podOf({ requests: { cpu: "1" } });
    const after = podOf({ requests: { cpu: "1500m" } });
    const [all] = [quota({ cpu: "2" }, { cpu: "1" })];
    expect(judge([all], after, before)).toMatchObject({
      charged: [{ status: { used: { cpu: "1500m" } } }],
    });
    expect(judge([all], before, after)).toEqual({ is: "allowed", charged: [] });
  });
});

describe("matchesQuota()", () => {
  const besteffort = podOf({});
  const timed = pod({ name: "p", spec: { activeDeadlineSeconds: 1 } });
  const high = pod({ name: "p", spec: { priorityClassName: "high" } });
  const byClass = (operator: string, values?: string[]) => ({
    scopeSelector: {
      matchExpressions: [
        { scopeName: "PriorityClass", operator, ...(values === undefined ? {} : { values }) },
      ],
    },
  });
  test.each<[Pod, Partial<ResourceQuota["spec"]>, boolean]>([
    [timed, { scopes: ["Terminating"] }, true],
    [timed, { scopes: ["NotTerminating"] }, false],
    [besteffort, { scopes: ["BestEffort"] }, true],
    [podOf(small), { scopes: ["BestEffort"] }, false],
    [podOf(small), { scopes: ["NotBestEffort", "NotTerminating"] }, true],
    [high, byClass("In", ["high"]), true],
    [high, byClass("NotIn", ["high"]), false],
    [high, byClass("Exists"), true],
    [timed, byClass("DoesNotExist"), true],
    [timed, byClass("In", ["high"]), false],
  ])("%# by its scopes", (object, spec, want) => {
    const counted = { resource: "pods", object };
    expect(matchesQuota(quota({ pods: "1" }, {}, spec), counted, ["pods"])).toBe(want);
  });

  test("what is no pod does not match a scope", () => {
    const counted = { resource: "services", object: service() };
    expect(matchesQuota(quota({ services: "1" }), counted, ["services"])).toBe(true);
    const scoped = quota({ services: "1" }, {}, { scopes: ["NotTerminating"] });
    expect(matchesQuota(scoped, counted, ["services"])).toBe(false);
  });
});

describe("LimitRanges", () => {
  const range = (...limits: NonNullable<LimitRange["spec"]>["limits"]): LimitRange => ({
    spec: { limits },
  });

  test("withLimitDefaults() fills in what is not said, and notes it", () => {
    const limits = range({
      type: "Container",
      default: { cpu: "1", memory: "1Gi" },
      defaultRequest: { cpu: "100m" },
    });
    const filled = withLimitDefaults(podOf({}, { limits: { cpu: "2" } }), limits);
    expect(filled.spec.containers.map(({ resources }) => resources)).toEqual([
      { requests: { cpu: "100m" }, limits: { cpu: "1", memory: "1Gi" } },
      { requests: { cpu: "100m" }, limits: { cpu: "2", memory: "1Gi" } },
    ]);
    expect(filled.metadata.annotations).toEqual({
      "kubernetes.io/limit-ranger":
        "LimitRanger plugin set: cpu request for container c0; cpu, memory limit for container c0; cpu request for container c1; memory limit for container c1",
    });
    expect(withLimitDefaults(podOf(small), range())).toEqual(podOf(small));
  });

  test.each<[string, LimitRange, Pod, readonly string[]]>([
    [
      "within",
      range({ type: "Container", min: { cpu: "50m" }, max: { cpu: "1" } }),
      podOf(small),
      [],
    ],
    [
      "nothing said",
      range({ type: "Container", min: { cpu: "50m" }, max: { cpu: "1" } }),
      podOf({}),
      [
        "minimum cpu usage per Container is 50m.  No request is specified",
        "maximum cpu usage per Container is 1.  No limit is specified",
      ],
    ],
    [
      "too little and too much",
      range({ type: "Container", min: { memory: "128Mi" }, max: { cpu: "500m" } }),
      podOf(small),
      [
        "minimum memory usage per Container is 128Mi, but request is 64Mi",
        "maximum cpu usage per Container is 500m, but limit is 1",
      ],
    ],
    [
      "the pod as a whole",
      range({ type: "Pod", max: { cpu: "1500m" } }),
      podOf(small, small),
      ["maximum cpu usage per Pod is 1500m, but limit is 2"],
    ],
    [
      "the limit far above the request",
      range({ type: "Container", maxLimitRequestRatio: { cpu: "4" } }),
      podOf(small),
      ["cpu max limit to request ratio per Container is 4, but provided ratio is 10.000000"],
    ],
  ])("limitBreaches(): %s", (_, limits, object, want) => {
    expect(limitBreaches({ resource: "pods", object }, limits)).toEqual([...want]);
  });

  test("limitBreaches() of a claim", () => {
    const claim = {
      metadata: { name: "c" },
      spec: { resources: { requests: { storage: "10Gi" } } },
    };
    const limits = range({ type: "PersistentVolumeClaim", max: { storage: "5Gi" } });
    expect(limitBreaches({ resource: "persistentvolumeclaims", object: claim }, limits)).toEqual([
      "maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 10Gi",
    ]);
  });
});
