import {
  boolean,
  choice,
  either,
  integer,
  list,
  map,
  type OutputOf,
  object,
  text,
} from "../../config/mod.ts";
import { COMPONENT_SOURCES, componentRecord, SUDO_MODES } from "./settings.ts";

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

const component = object({
  source: choice(COMPONENT_SOURCES),
  version: text({ nonEmpty: true }),
  suite: text({ nonEmpty: true }),
  url: text({ format: "url", nonEmpty: true }),
  urls: list(text({ format: "url", nonEmpty: true })),
  sha256: text({ nonEmpty: true }),
});

const file = object({
  from: text({ nonEmpty: true }),
  mode: text({ nonEmpty: true }),
});

const perNodeFields = {
  ssh,
  sudo: choice(SUDO_MODES),
  components: object(componentRecord(() => component)),
  files: map(either([text({ nonEmpty: true }), file])),
};
const perNode = object(perNodeFields);

/** What nodewright.yaml may hold. */
export const settingsSchema = object({
  ...perNodeFields,
  nodes: map(perNode),
  parallelism: integer({ min: 1, max: 1000 }),
  maxUnavailable: either([integer({ min: 1 }), text({ format: "percent", nonEmpty: true })]),
  routes: boolean(),
  masquerade: boolean(),
  clusterCIDR: text({ format: "cidr-list", nonEmpty: true }),
});

/** nodewright.yaml as it is written: nothing filled in. */
export type RawSettings = OutputOf<typeof settingsSchema>;
export type RawNodeSettings = OutputOf<typeof perNode>;
export type RawSsh = OutputOf<typeof ssh>;
export type RawComponent = OutputOf<typeof component>;
