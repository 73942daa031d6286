import type { Located } from "../../../config/mod.ts";
import { parseTimeSpanMs } from "../../../config/unit/time-span.ts";
import type { HostUnit } from "../../facts/host-facts.ts";
import type { UnitFact } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { UNIT_FACTS, unitsOf } from "../../unit-facts.ts";

/** systemd's own values, systemd-system.conf(5). */
const DEFAULTS = { restartMs: 100, intervalMs: 10_000, burst: 5 };

/** A key by any of its names and sections: older units have those of the limit in [Service]. */
function first(
  unit: UnitFact["unit"],
  keys: readonly [section: string, key: string][],
): Located<string> | undefined {
  return keys
    .map(([section, key]) => unit.value(section, key))
    .find((value) => value !== undefined);
}

function startLimit({ name, unit }: UnitFact): Found[] {
  const wait = unit.value("Service", "RestartSec");
  const interval = first(unit, [
    ["Unit", "StartLimitIntervalSec"],
    ["Unit", "StartLimitInterval"],
    ["Service", "StartLimitInterval"],
  ]);
  const burst = first(unit, [
    ["Unit", "StartLimitBurst"],
    ["Service", "StartLimitBurst"],
  ]);
  const waitMs = wait === undefined ? DEFAULTS.restartMs : parseTimeSpanMs(wait.value);
  const intervalMs = interval === undefined ? DEFAULTS.intervalMs : parseTimeSpanMs(interval.value);
  const count = burst === undefined ? DEFAULTS.burst : Number(burst.value);
  for (const [key, value, ms] of [
    ["RestartSec", wait, waitMs],
    ["StartLimitIntervalSec", interval, intervalMs],
    ["StartLimitBurst", burst, count > 0 ? count : undefined],
  ] as const) {
    if (value !== undefined && ms === undefined) return [unreadable(name, key, value)];
  }
  if (waitMs === undefined || intervalMs === undefined) return [];
  if (intervalMs === 0 || waitMs * count >= intervalMs) return [];
  const said = (value: Located<string> | undefined, fallback: string): string =>
    value === undefined ? `${fallback} (systemd's own)` : value.value;
  const location = (interval ?? burst ?? wait ?? unit.restart).location;
  return [
    {
      message: `systemd gives ${name} up after ${count} failures in a row: RestartSec ${said(wait, "100ms")}, StartLimitIntervalSec ${said(interval, "10s")}`,
      locations: [location],
      fix: "Write StartLimitIntervalSec=0 in [Unit], or RestartSec=5 with the default limit",
      edits: [{ file: unit.file, path: ["Unit", "StartLimitIntervalSec"], set: "0" }],
    },
  ];
}

function unreadable(unit: string, key: string, { value, location }: Located<string>): Found {
  return {
    message: `systemd cannot read ${key}= of ${unit} and takes its own value: "${value}"`,
    locations: [location],
    fix: key === "StartLimitBurst" ? "Write a number" : "Write a time: 5, 5s, 1min 30s",
  };
}

/** NW-B05 */
export const restarts = nodeRule({
  id: "NW-B05",
  severity: "warning",
  title: "systemd restarts each unit, however often that takes, and each enabled one runs",
  stages: ["files", "running"],
  places: [
    "containerd.service, kubelet.service, kube-proxy.service: Restart, RestartSec, StartLimitIntervalSec, StartLimitBurst",
    "the machine: systemctl show (ActiveState, Result)",
  ],
  symptom:
    "`systemctl status` says `Start request repeated too quickly` and `start-limit-hit`, the cause is pages " +
    "above; when the API server is back, the kubelet does not come back.",
  why:
    "A unit that starts more often than StartLimitBurst (5) within StartLimitIntervalSec (10 s) stays " +
    "failed until somebody runs `systemctl reset-failed`. RestartSec is 100 ms where the unit says " +
    "nothing, so five failures take half a second. Without Restart= one failure is enough.",
  fix: "Write Restart=always, RestartSec=5 and StartLimitIntervalSec=0.",
  provoked: {
    how: "RestartSec=100ms with a command that fails: the unit is failed with start-limit-hit",
  },
  needs: [],
  uses: [...UNIT_FACTS, "host"],
  check(facts) {
    const units = unitsOf(facts);
    if (units.length === 0) return unknown("there is no unit");
    const stopped = units.flatMap(({ name }) => notRunning(name, facts.host?.units?.[name]));
    const judged = units.flatMap((fact): Found[] => {
      const { name, unit } = fact;
      const { restart } = unit;
      if (["always", "on-failure"].includes(restart.value)) return startLimit(fact);
      const what = restart.isDefault ? "it has no Restart=" : `Restart=${restart.value}`;
      return [
        {
          message: `Nothing starts ${name} again when it fails: ${what}`,
          locations: [restart.location],
          fix: "Write Restart=always and RestartSec=5 in [Service]",
          edits: [{ file: restart.location.file, path: ["Service", "Restart"], set: "always" }],
        },
      ];
    });
    return [...stopped, ...judged];
  },
});

/** A unit that should run, does not, and will not by itself. */
function notRunning(name: string, state: HostUnit | undefined): Found[] {
  if (state === undefined) return [];
  const { activeState, unitFileState, result } = state;
  const isMeant = unitFileState === "enabled" && activeState === "inactive";
  if (!isMeant && activeState !== "failed") return [];
  const why = result === "success" ? "somebody has stopped it" : `its last result is ${result}`;
  return [
    {
      message: `${name} does not run, and nothing starts it again before a reboot: it is ${activeState}, ${why}`,
      locations: [],
      severity: "error",
      fix: `systemctl status ${name} says why; then systemctl reset-failed ${name} && systemctl start ${name}`,
    },
  ];
}
