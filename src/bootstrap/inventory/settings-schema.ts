import { COMPONENTS } from "../../artifacts/mod.ts";
import {
  boolean,
  choice,
  either,
  integer,
  list,
  map,
  type OutputOf,
  object,
  required,
  text,
} from "../../config/mod.ts";
import { SUDO_MODES } from "./settings.ts";

const ssh = object({
  host: text({ nonEmpty: true }),
  user: text({ nonEmpty: true }),
  port: integer({ min: 1, max: 65535 }),
  identityFile: text({ nonEmpty: true }),
  jumpHost: text({ nonEmpty: true }),
  knownHostsFile: text({ nonEmpty: true }),
  // `no` and 30 are what people write there: ssh takes them as words.
  options: map(either([text(), integer(), boolean()])),
  connectTimeout: text({ format: "duration", nonEmpty: true }),
});

// Which of these belong to which source is known by the artifacts' own schema.
const component = object({
  source: choice(["downloads", "debian", "upstream", "builtin", "none"]),
  suite: text({ nonEmpty: true }),
  mirror: text({ nonEmpty: true }),
  version: text({ nonEmpty: true }),
  list: text({ nonEmpty: true }),
  insecureNoChecksum: boolean(),
});

const file = object({
  from: text({ nonEmpty: true }),
  mode: text({ nonEmpty: true }),
});

const hookWords = list(text({ nonEmpty: true }));
const hooks = object({
  beforeConnect: hookWords,
  afterConnect: hookWords,
  beforeChange: hookWords,
  afterChange: hookWords,
  beforeVerify: hookWords,
  afterVerify: hookWords,
  beforeReset: hookWords,
  afterReset: hookWords,
});

const perNodeFields = {
  ssh,
  sudo: choice(SUDO_MODES),
  components: map(component, { keys: COMPONENTS }),
  files: map(either([text({ nonEmpty: true }), file])),
  hooks,
};
const perNode = object(perNodeFields);

/** What nodewright.yaml may hold. */
export const settingsSchema = object({
  ...perNodeFields,
  nodes: map(perNode),
  parallelism: integer({ min: 1, max: 1000 }),
  maxFailures: integer({ min: 0 }),
  maxUnavailable: either([integer({ min: 1 }), text({ format: "percent", nonEmpty: true })]),
  readyTimeout: text({ format: "duration", nonEmpty: true }),
  drainTimeout: text({ format: "duration", nonEmpty: true }),
  routes: either([boolean(), object({ nodes: boolean(), servers: boolean() })]),
  masquerade: boolean(),
  images: map(text({ nonEmpty: true })),
  verifyImage: text({ nonEmpty: true }),
  clusterCIDR: text({ format: "cidr-list", nonEmpty: true }),
  check: object({
    ignore: list(
      object({
        rule: required(text({ nonEmpty: true })),
        reason: required(text({ nonEmpty: true })),
        nodes: list(text({ nonEmpty: true })),
      }),
    ),
  }),
});

/** nodewright.yaml as it is written: nothing filled in. */
export type RawSettings = OutputOf<typeof settingsSchema>;
export type RawNodeSettings = OutputOf<typeof perNode>;
export type RawSsh = OutputOf<typeof ssh>;
export type RawIgnored = NonNullable<NonNullable<RawSettings["check"]>["ignore"]>;
