import { nearest, type Problem } from "../../base/mod.ts";
import type { UnitEntry } from "./unit-entry.ts";
import { parseUnitBoolean } from "./unit-file.ts";

/** What a value has to look like; `fix` says what is near where something is. */
interface ValueForm {
  readonly keys: ReadonlySet<string>;
  readonly expected: string;
  readonly isValid: (value: string) => boolean;
}

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

// systemd.time(7)
const TIME_PART = /\s*\d+(?:\.\d+)?\s*([A-Za-zμ]*)/y;
const TIME_UNITS: ReadonlySet<string> = words(
  "y year years M month months w week weeks d day days h hr hour hours m min minute minutes " +
    "s sec second seconds ms msec us μs usec ns nsec",
);

/** Part by part: one expression over all of them would try every way to divide the digits. */
function isTimeSpan(value: string): boolean {
  let at = 0;
  while (at < value.length) {
    TIME_PART.lastIndex = at;
    const part = TIME_PART.exec(value);
    if (part === null) return at > 0 && value.slice(at).trim() === "";
    const unit = part[1] ?? "";
    if (unit !== "" && !TIME_UNITS.has(unit)) return false;
    at = TIME_PART.lastIndex;
  }
  return at > 0;
}

// systemd.exec(5), Process Properties
const LIMIT = /^(?:infinity|\d+[KMGTPE]?)(?::(?:infinity|\d+[KMGTPE]?))?$/;

const FORMS: readonly ValueForm[] = [
  {
    keys: words(`RestartSec TimeoutSec TimeoutStartSec TimeoutStopSec TimeoutAbortSec RuntimeMaxSec
      WatchdogSec StartLimitIntervalSec StartLimitInterval JobTimeoutSec`),
    expected: "a time span such as 5, 5s, 1min 30s or infinity",
    isValid: (value) => value === "infinity" || isTimeSpan(value),
  },
  {
    keys: words(`LimitNOFILE LimitNPROC LimitCORE LimitFSIZE LimitDATA LimitSTACK LimitRSS LimitAS
      LimitMEMLOCK LimitLOCKS LimitSIGPENDING LimitMSGQUEUE`),
    expected: "a number, SOFT:HARD, or infinity",
    isValid: (value) => LIMIT.test(value),
  },
  {
    keys: words("TasksMax"),
    expected: "a number, a percentage, or infinity",
    isValid: (value) => /^(?:infinity|\d+[KMGT]?|\d+(?:\.\d+)?%)$/.test(value),
  },
  {
    keys: words("OOMScoreAdjust"),
    expected: "a number from -1000 to 1000",
    isValid: (value) => /^[+-]?\d+$/.test(value) && Math.abs(Number(value)) <= 1000,
  },
  {
    keys: words("StartLimitBurst"),
    expected: "a whole number",
    isValid: (value) => /^\d+$/.test(value),
  },
  {
    keys: words("RemainAfterExit NoNewPrivileges PrivateTmp ProtectHome DynamicUser"),
    expected: "yes or no",
    isValid: (value) =>
      parseUnitBoolean(value) !== undefined || /^(?:read-only|tmpfs|disconnected)$/.test(value),
  },
];

const DEPENDENCIES = words(`After Before Wants Requires Requisite BindsTo PartOf Upholds Conflicts
  WantedBy RequiredBy UpheldBy Also`);
// systemd.unit(5), Description
const UNIT_NAME =
  /^[A-Za-z0-9:_.\\@%-]+\.(?:service|socket|device|mount|automount|swap|target|path|timer|slice|scope)$/;

/** Units that a worker node's units wait for: a name near to one of them is taken for misspelt. */
const KNOWN_UNITS = [
  "multi-user.target",
  "graphical.target",
  "basic.target",
  "sysinit.target",
  "network.target",
  "network-online.target",
  "network-pre.target",
  "local-fs.target",
  "remote-fs.target",
  "time-sync.target",
  "nss-lookup.target",
  "dbus.service",
  "containerd.service",
  "kubelet.service",
  "kube-proxy.service",
  "crio.service",
  "docker.service",
  "firewalld.service",
  "nodewright-routes.service",
  "nodewright-masquerade.service",
  "systemd-modules-load.service",
  "systemd-sysctl.service",
  "systemd-resolved.service",
  "systemd-networkd.service",
] as const;

/** Values that systemd would ignore, with one line in the journal; and names of units that are misspelt. */
export function checkUnitValue(entry: UnitEntry): Problem[] {
  if (entry.value === "" || entry.value.includes("%")) return [];
  if (DEPENDENCIES.has(entry.key) && entry.section !== "Service") return checkUnitNames(entry);
  const form = FORMS.find(({ keys }) => keys.has(entry.key));
  if (form === undefined || form.isValid(entry.value)) return [];
  return [
    {
      code: "wrong-value",
      severity: "error",
      message: `Expected ${form.expected} at ${entry.key}=: "${entry.value}"`,
      locations: [entry.locate(0)],
      fix: `write ${form.expected}: systemd ignores the line as it is`,
    },
  ];
}

function checkUnitNames(entry: UnitEntry): Problem[] {
  const names = [...entry.value.matchAll(/\S+/g)];
  return names.flatMap(({ 0: name, index }): Problem[] => {
    const at = { code: "wrong-value", locations: [entry.locate(index)] };
    const near = KNOWN_UNITS.some((known) => known === name)
      ? undefined
      : nearest(name, KNOWN_UNITS);
    if (!UNIT_NAME.test(name)) {
      const message = `Expected names of units at ${entry.key}=: "${name}"`;
      const fix = near === undefined ? "write the whole name, as network.target" : `write ${near}`;
      return [{ ...at, severity: "error", message, fix }];
    }
    if (near === undefined || !isTypo(name, near)) return [];
    const message = `${entry.key}= names a unit that is nearly ${near}: "${name}"`;
    return [{ ...at, severity: "warning", message, fix: `write ${near}, if that is meant` }];
  });
}

/** Not merely another unit of the same kind: at most two letters are off. */
function isTypo(name: string, known: string): boolean {
  return Math.abs(name.length - known.length) <= 2 && nearest(name, [known]) === known;
}
