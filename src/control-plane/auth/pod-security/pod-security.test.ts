import { describe, expect, test } from "bun:test";
import type { AdmissionRequest } from "../../api/mod.ts";
import type { ApiObject, JsonObject } from "../../objects/mod.ts";
import { KINDS } from "../../resources/mod.ts";
import { MemoryObjects } from "../testing/mod.ts";
import { BASELINE, podSecurityAdmission, RESTRICTED, violations } from "./mod.ts";

const HARDENED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
};
const hardened = (changes: JsonObject = {}, rest: JsonObject = {}): JsonObject => ({
  containers: [{ name: "c", securityContext: { ...HARDENED, ...changes } }],
  ...rest,
});

/** Words of the official server 1.36. */
const BASELINE_ROWS: [spec: JsonObject, want: string][] = [
  [
    { containers: [{ name: "c" }], hostNetwork: true, hostPID: true },
    "host namespaces (hostNetwork=true, hostPID=true)",
  ],
  [
    hardened({ capabilities: { drop: ["ALL"], add: ["SYS_ADMIN", "CHOWN"] } }),
    'non-default capabilities (container "c" must not include "SYS_ADMIN" in securityContext.capabilities.add)',
  ],
  [
    hardened({}, { volumes: [{ name: "h", hostPath: { path: "/" } }] }),
    'hostPath volumes (volume "h")',
  ],
  [
    { containers: [{ name: "c", ports: [{ hostPort: 8080 }, { hostPort: 9 }] }] },
    'hostPort (container "c" uses hostPorts 8080, 9)',
  ],
  [
    { containers: [{ name: "c", livenessProbe: { httpGet: { host: "1.2.3.4", port: 80 } } }] },
    'probe or lifecycle host (container "c" uses probe or lifecycle host "1.2.3.4")',
  ],
  [
    {
      containers: [{ name: "c", securityContext: { privileged: true } }],
      initContainers: [{ name: "i", securityContext: { privileged: true } }],
    },
    'privileged (containers "i", "c" must not set securityContext.privileged=true)',
  ],
  [
    hardened({ procMount: "Unmasked" }),
    'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
  ],
  [
    hardened({ seLinuxOptions: { type: "spc_t", user: "u" } }),
    'seLinuxOptions (container "c" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)',
  ],
  [
    hardened({ seccompProfile: { type: "Unconfined" } }),
    'seccompProfile (container "c" must not set securityContext.seccompProfile.type to "Unconfined")',
  ],
  [
    hardened({}, { securityContext: { sysctls: [{ name: "kernel.msgmax", value: "1" }] } }),
    "forbidden sysctls (kernel.msgmax)",
  ],
  [
    hardened({ appArmorProfile: { type: "Unconfined" } }),
    'forbidden AppArmor profile (container "c" must not set AppArmor profile type to "Unconfined")',
  ],
  [
    hardened({}, { securityContext: { windowsOptions: { hostProcess: true } } }),
    "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
  ],
];

describe("violations()", () => {
  test.each(BASELINE_ROWS)("baseline: %j", (spec, want) => {
    expect(violations(spec, BASELINE)).toBe(want);
    expect(violations(spec, RESTRICTED)).toBeDefined();
  });
  test("has a row for every demand of baseline", () => {
    expect(BASELINE_ROWS.length).toBe(BASELINE.length);
  });
  test.each<[spec: JsonObject, want: string | undefined]>([
    [hardened(), undefined],
    [hardened({ capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } }), undefined],
    [
      { containers: [{ name: "c" }] },
      'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ],
    [
      hardened(
        {},
        {
          volumes: [
            { name: "n", nfs: {} },
            { name: "e", emptyDir: {} },
          ],
        },
      ),
      'restricted volume types (volume "n" uses restricted volume type "nfs")',
    ],
    [
      hardened({}, { securityContext: { runAsNonRoot: false, runAsUser: 0 } }),
      "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false), runAsUser=0 (pod must not set runAsUser=0)",
    ],
    [hardened({ runAsNonRoot: false }, { hostUsers: false }), undefined],
  ])("restricted: %j", (spec, want) => expect(violations(spec, RESTRICTED)).toBe(want));
  test("takes specifications of any shape", () => {
    for (const spec of [{}, { containers: "x" }, { containers: [null] }, { volumes: {} }]) {
      expect(violations(spec, BASELINE)).toBeUndefined();
    }
  });
});

describe("podSecurityAdmission()", () => {
  const label = (level: string, mode = "enforce") => ({
    [`pod-security.kubernetes.io/${mode}`]: level,
  });
  const namespaces = [
    { metadata: { name: "free" } },
    { metadata: { name: "strict", labels: label("restricted") } },
    { metadata: { name: "odd", labels: label("strictest") } },
    { metadata: { name: "warned", labels: label("baseline", "warn") } },
  ];
  const admission = podSecurityAdmission(new MemoryObjects({ namespaces }));
  async function admit(kindName: string, namespace: string, spec: JsonObject): Promise<string[]> {
    const kind = KINDS.find((one) => one.kind === kindName);
    if (kind === undefined) throw new Error(kindName);
    const said: string[] = [];
    const object: ApiObject = { apiVersion: "v1", kind: kindName, metadata: { name: "p" }, spec };
    const request: AdmissionRequest = {
      ...{ user: { name: "u", groups: [] }, operation: "CREATE", kind, subresource: "" },
      ...{ namespace, name: "p", dryRun: false, object, old: undefined },
      warn: (message) => void said.push(`warning: ${message}`),
    };
    await admission(request).catch((thrown: unknown) => said.push(String(thrown)));
    return said;
  }
  const privileged = { containers: [{ name: "c", securityContext: { privileged: true } }] };
  test("a namespace without labels takes every pod", async () => {
    expect(await admit("Pod", "free", privileged)).toEqual([]);
  });
  test("a label refuses a pod, and a level that nobody knows is the strictest", async () => {
    const [refused] = await admit("Pod", "strict", privileged);
    expect(refused).toContain(
      'violates PodSecurity "restricted:latest": privileged (container "c"',
    );
    expect((await admit("Pod", "odd", privileged)).length).toBe(1);
  });
  test("warnings come with pods and with what makes pods, which is never refused", async () => {
    const template = { template: { spec: privileged } };
    const want = [
      'warning: would violate PodSecurity "baseline:latest": privileged (container "c" must not set securityContext.privileged=true)',
    ];
    expect(await admit("Pod", "warned", privileged)).toEqual(want);
    expect(await admit("Deployment", "warned", template)).toEqual(want);
    expect(await admit("Deployment", "strict", template)).toEqual([]);
  });
});
