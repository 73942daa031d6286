import { z } from "zod";
import { type DesiredNode, isStateDirectory, type NodePlan, type Step } from "../../plan/mod.ts";
import type { MethodName, NodeMethods } from "./protocol.ts";

/**
 * What may come over the wire, checked to the last field, because it is carried out as root.
 * A field that is not known is refused: both sides are the same build.
 */

/** SHA-256 in hex. */
export const digestSchema = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hex digits");

/** Absolute, without `.`, `..`, empty parts or a slash at the end. */
const pathSchema = z
  .string()
  .max(4096)
  .regex(/^(\/(?!\.{1,2}(\/|$))[^/\0]+)+$/, "expected a clean absolute path");
/** Places where no file of ours belongs: the kernel's, and nodewright's own memory. */
const filePathSchema = pathSchema.refine(
  (path) => !/^\/(proc|sys|dev|var\/lib\/nodewright)(\/|$)/.test(path),
  "expected a path outside of /proc, /sys, /dev and /var/lib/nodewright",
);
const modeSchema = z.int().min(0).max(0o7777);
const unitSchema = z
  .string()
  .max(255)
  .regex(/^[A-Za-z0-9][A-Za-z0-9:_.@\\-]*\.(service|socket|target|mount|timer|path|slice|swap)$/);
const moduleSchema = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/);
const sysctlSchema = z
  .string()
  .max(255)
  .regex(/^[A-Za-z0-9_-]+([./][A-Za-z0-9_:@-]+)+$/, "expected a sysctl key");
const sysctlValueSchema = z
  .string()
  .max(4096)
  .regex(/^[^\n\0]*$/);
const addressSchema = z
  .string()
  .max(64)
  .regex(/^[0-9A-Fa-f:.]+$/, "expected an IP address");
const cidrSchema = z
  .string()
  .max(64)
  .regex(/^[0-9A-Fa-f:.]+\/[0-9]{1,3}$/, "expected a CIDR");
const nameSchema = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^/\0\n]+$/);
const networkSchema = nameSchema.regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/);
/** IFNAMSIZ of Linux. */
const linkSchema = z.string().regex(/^(?!\.{1,2}$)[^/\s\0-]{1}[^/\s\0]{0,14}$/);
const stateDirSchema = pathSchema.refine(
  isStateDirectory,
  "expected a directory of state such as /var/lib/containerd",
);

const fileSchema = z.strictObject({
  path: filePathSchema,
  mode: modeSchema,
  digest: digestSchema,
  sizeBytes: z.int().nonnegative(),
  sensitive: z.boolean(),
  text: z.boolean(),
  origin: z.string().max(4096),
});

const readinessSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("active") }),
  z.strictObject({ kind: z.literal("cri"), endpoint: z.string().regex(/^(unix:\/\/)?\/[^\0]+$/) }),
  z.strictObject({
    kind: z.literal("http"),
    // The node asks itself and nobody else.
    url: z
      .string()
      .regex(
        /^https?:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?(\/[^\s]*)?$/,
        "expected a loopback URL",
      ),
  }),
  z.strictObject({ kind: z.literal("exited") }),
]);
const timeoutSchema = z.int().min(0).max(3_600_000);

const desiredUnitSchema = z.strictObject({
  name: unitSchema,
  run: z.boolean(),
  reason: z.string().exactOptional(),
  reads: z.array(pathSchema),
  ready: readinessSchema,
  readyTimeoutMs: timeoutSchema,
});

const imageSchema = z.strictObject({
  reference: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,511}$/, "expected an image name"),
  path: filePathSchema,
});

export const desiredNodeSchema = z
  .strictObject({
    node: nameSchema,
    fqdn: nameSchema,
    address: addressSchema,
    podSubnets: z.array(cidrSchema),
    files: z.array(fileSchema).max(10_000),
    units: z.array(desiredUnitSchema).max(100),
    modules: z.array(z.strictObject({ module: moduleSchema, required: z.boolean() })),
    sysctls: z.record(sysctlSchema, sysctlValueSchema),
    swap: z.enum(["off", "keep"]),
    routes: z.array(z.strictObject({ destination: cidrSchema, via: addressSchema })),
    criEndpoint: z.string(),
    images: z.array(imageSchema),
    traces: z.strictObject({
      bridges: z.array(linkSchema),
      networks: z.array(networkSchema),
      stateDirs: z.array(stateDirSchema),
    }),
  })
  .superRefine((desired, context) => {
    const seen = new Set<string>();
    for (const { path } of desired.files) {
      if (seen.has(path)) context.addIssue({ code: "custom", message: `two files at ${path}` });
      seen.add(path);
    }
  }) satisfies z.ZodType<DesiredNode>;

/** What a desired node of an older version is taken to have where it says nothing. */
const OLDER: Partial<DesiredNode> = {
  podSubnets: [],
  modules: [],
  sysctls: {},
  swap: "keep",
  routes: [],
  images: [],
};

/**
 * A desired node as it was remembered, perhaps by an older version: it is needed to go back to.
 * A field that is added to DesiredNode needs its value for older records above.
 */
export const storedDesiredNodeSchema = z.preprocess(
  (stored) => (typeof stored === "object" ? { ...OLDER, ...stored } : stored),
  desiredNodeSchema,
);

const becauseSchema = z.string();
const swapSchema = z.string().max(4096);
const persistentSwapSchema = z.string().regex(/^(fstab|unit) [^\n\0]+$/);

const stepSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("load-module"), module: moduleSchema, required: z.boolean() }),
  z.strictObject({
    kind: z.literal("set-sysctl"),
    key: sysctlSchema,
    from: z.string().nullable(),
    to: sysctlValueSchema,
  }),
  z.strictObject({
    kind: z.literal("swap-off"),
    swaps: z.array(swapSchema),
    persistent: z.array(persistentSwapSchema),
  }),
  z.strictObject({
    kind: z.literal("write-file"),
    file: fileSchema,
    previous: digestSchema.nullable(),
    foreign: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal("set-mode"),
    path: filePathSchema,
    from: z.int(),
    to: modeSchema,
  }),
  z.strictObject({
    kind: z.literal("remove-file"),
    path: filePathSchema,
    previous: digestSchema,
    restore: z.boolean(),
  }),
  z.strictObject({ kind: z.literal("daemon-reload") }),
  z.strictObject({ kind: z.literal("enable-unit"), unit: unitSchema }),
  z.strictObject({ kind: z.literal("disable-unit"), unit: unitSchema, because: becauseSchema }),
  z.strictObject({
    kind: z.literal("start-unit"),
    unit: unitSchema,
    because: z.array(becauseSchema),
  }),
  z.strictObject({
    kind: z.literal("restart-unit"),
    unit: unitSchema,
    because: z.array(becauseSchema),
  }),
  z.strictObject({ kind: z.literal("stop-unit"), unit: unitSchema, because: becauseSchema }),
  z.strictObject({
    kind: z.literal("wait-ready"),
    unit: unitSchema,
    ready: readinessSchema,
    timeoutMs: timeoutSchema,
  }),
  z.strictObject({ kind: z.literal("import-image"), ...imageSchema.shape }),
  z.strictObject({
    kind: z.literal("set-route"),
    destination: cidrSchema,
    via: addressSchema,
    from: addressSchema.nullable(),
  }),
  z.strictObject({ kind: z.literal("remove-route"), destination: cidrSchema, via: addressSchema }),
]) satisfies z.ZodType<Step>;

const problemSchema = z.strictObject({
  code: z.string(),
  severity: z.enum(["error", "warning"]),
  message: z.string(),
  locations: z.array(z.strictObject({ file: z.string(), line: z.int(), column: z.int() })),
  node: z.string().exactOptional(),
  fix: z.string().exactOptional(),
});

export const planSchema = z.strictObject({
  node: nameSchema,
  baseGeneration: z.int().nullable(),
  steps: z.array(stepSchema),
  notes: z.array(z.string()),
  problems: z.array(problemSchema),
}) satisfies z.ZodType<NodePlan>;

const nothing = z.strictObject({});

/** Method to the schema of its parameters. */
export const PARAMS: { readonly [M in MethodName]: z.ZodType<NodeMethods[M]["params"]> } = {
  hello: z.strictObject({
    protocol: z.int(),
    keepAliveMs: z.int().min(1000).max(600_000).exactOptional(),
  }),
  ping: nothing,
  facts: z.strictObject({
    paths: z.array(pathSchema.or(z.literal("/"))),
    sysctls: z.array(sysctlSchema),
    commands: z.exactOptional(z.array(z.string().regex(/^[\w.+-]+$/)).max(100)),
    probe: z.boolean(),
  }),
  lock: z.strictObject({ holder: z.string().max(200), waitMs: timeoutSchema }),
  observe: z.strictObject({ desired: desiredNodeSchema }),
  collect: z.strictObject({ probe: z.boolean(), dial: z.array(z.string().max(300)).max(16) }),
  foresee: z.strictObject({
    commands: z.array(z.array(z.string().max(4096)).min(1).max(100)).max(100),
    images: z.array(z.string().max(500)).max(100),
    criEndpoint: z.string().max(300),
  }),
  readTexts: z.strictObject({ paths: z.array(filePathSchema).max(10_000) }),
  putBlob: z
    .strictObject({
      digest: digestSchema,
      sizeBytes: z.int().nonnegative(),
      encoding: z.enum(["identity", "zstd"]),
      offset: z.int().nonnegative(),
      chunks: z.int().nonnegative(),
    })
    .refine((p) => p.offset <= p.sizeBytes, "offset beyond the end"),
  apply: z.strictObject({
    desired: desiredNodeSchema,
    plan: planSchema,
    allowedRules: z.array(z.string().max(20)).max(1000),
  }),
  commit: z.strictObject({ generation: z.int().positive() }),
  rollback: z.strictObject({ generation: z.int().positive(), why: z.string() }),
  history: nothing,
  recall: z.strictObject({ generation: z.int().positive().exactOptional() }),
  reset: z.strictObject({ dryRun: z.boolean() }),
  status: nothing,
  network: nothing,
  dial: z.strictObject({ host: z.string().min(1).max(253), port: z.int().min(1).max(65_535) }),
  unit: z.strictObject({ unit: unitSchema }),
  journal: z.strictObject({ unit: unitSchema, lines: z.int().min(1).max(10_000) }),
  verify: z.strictObject({ phase: z.string().max(64), options: z.unknown() }),
};

/** The frame around every request. */
export const requestSchema = z.strictObject({
  id: z.int().nonnegative(),
  method: z.string(),
  params: z.unknown(),
});
