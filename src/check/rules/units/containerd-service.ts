import { parseUnitBoolean } from "../../../config/mod.ts";
import { NEEDED_CONTROLLERS } from "../../../machine/mod.ts";
import type { HostFacts } from "../../facts/host-facts.ts";
import type { UnitFact } from "../../facts/node-facts.ts";
import type { Edit, Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { serviceLocation } from "../../unit-facts.ts";

/** An assignment where it stands now, else in the main file. */
function setKey({ unit }: UnitFact, key: string, set?: string): Edit {
  const file = unit.assignments("Service", key).at(-1)?.location.file ?? unit.file;
  const base = { file, path: ["Service", key] };
  return set === undefined ? base : { ...base, set };
}

/** NW-B02 */
export const notifies = nodeRule({
  id: "NW-B02",
  severity: "warning",
  title: "containerd's unit is of Type=notify",
  stages: ["files"],
  places: ["containerd.service: Type"],
  symptom:
    "The kubelet's first start fails with `dial unix /run/containerd/containerd.sock: connect: no such " +
    "file or directory`; it works after the restart.",
  why:
    "containerd tells systemd when its socket answers. With Type=notify the unit is active from then " +
    "on, and After=containerd.service means that; with Type=simple it means that a process was started.",
  fix: "Write Type=notify, as upstream's own unit has it.",
  provoked: { how: "Type=simple: `systemctl start` returns before the socket is there" },
  needs: ["containerdUnit"],
  check({ containerdUnit }) {
    // The service of k3s or RKE2 waits for its containerd itself.
    if (containerdUnit.distribution !== undefined) return [];
    const { type } = containerdUnit.unit;
    if (type.value === "notify" || type.value === "notify-reload") return [];
    const what = type.isDefault ? "it has no Type=, which means simple" : `Type=${type.value}`;
    return [
      {
        message: `containerd's unit is active before its socket answers: ${what}`,
        locations: [type.location],
        fix: "Write Type=notify in [Service]",
        edits: [setKey(containerdUnit, "Type", "notify")],
      },
    ];
  },
});

function delegation(fact: UnitFact): Found[] {
  const { delegate } = fact.unit;
  const isOn = parseUnitBoolean(delegate.value);
  const words = delegate.value.split(/\s+/);
  const lacking = NEEDED_CONTROLLERS.filter((name) => !words.includes(name));
  if (isOn === true || (isOn === undefined && lacking.length === 0)) return [];
  const what = delegate.isDefault
    ? "it has no Delegate=, which means no"
    : isOn === false
      ? `Delegate=${delegate.value}`
      : `Delegate= lacks ${lacking.join(", ")}`;
  return [
    {
      message: `systemd may take away the control groups that containerd makes: ${what}`,
      locations: [delegate.location],
      fix: "Write Delegate=yes in [Service]",
      edits: [setKey(fact, "Delegate", "yes")],
    },
  ];
}

function killing(fact: UnitFact): Found[] {
  const { killMode } = fact.unit;
  if (killMode.value === "process") return [];
  const what = killMode.isDefault
    ? "it has no KillMode=, which means control-group"
    : `KillMode=${killMode.value}`;
  const base = {
    locations: [killMode.location],
    fix: "Write KillMode=process in [Service]",
    edits: [setKey(fact, "KillMode", "process")],
  };
  if (killMode.value === "none") {
    return [
      {
        ...base,
        severity: "warning",
        message: `systemd leaves containerd itself running when it is stopped, which is deprecated: ${what}`,
      },
    ];
  }
  return [{ ...base, message: `Stopping containerd kills every pod of the node: ${what}` }];
}

/** NW-B03 */
export const delegates = nodeRule({
  id: "NW-B03",
  severity: "error",
  title: "containerd's unit has Delegate=yes and KillMode=process",
  stages: ["files"],
  places: ["containerd.service: Delegate, KillMode"],
  symptom:
    "Restarting containerd restarts every container of the node; or limits of containers are gone after a " +
    "`systemctl daemon-reload`.",
  why:
    "The shims of all containers are processes of containerd's unit. KillMode=control-group, the default, " +
    "kills them with it. Without Delegate= systemd owns the control groups below the unit and moves " +
    "processes and settings as it sees fit.",
  fix: "Write both, as upstream's own unit has them.",
  provoked: { how: "no KillMode: `systemctl restart containerd` ends the shim and its container" },
  needs: ["containerdUnit"],
  check({ containerdUnit }) {
    return [...delegation(containerdUnit), ...killing(containerdUnit)];
  },
});

/** More open files than that, as a soft limit, makes programs slow that walk over all of them. */
const MANY_FILES = 65_536;
/** Before it systemd gives services 4096 at most where the unit says nothing. */
const RAISES_LIMIT_SINCE = 240;

function openFiles(fact: UnitFact, host: HostFacts | undefined): Found[] {
  // k3s and RKE2 write their own unit anew with each upgrade.
  if (fact.distribution !== undefined) return [];
  const limit = fact.unit.value("Service", "LimitNOFILE");
  const systemd = host?.systemd.version ?? undefined;
  if (limit === undefined) {
    if (systemd === undefined || systemd >= RAISES_LIMIT_SINCE) return [];
    return [
      {
        message: `containerd gets 4096 open files at most from this systemd: version ${systemd}`,
        locations: [serviceLocation(fact)],
        fix: "Write LimitNOFILE=1024:524288 in [Service]",
        edits: [setKey(fact, "LimitNOFILE", "1024:524288")],
      },
    ];
  }
  const soft = limit.value.split(":")[0] ?? "";
  const isMany = soft === "infinity" || Number(soft) > MANY_FILES;
  if (!isMany) return [];
  // Nodes may share the unit and not the systemd: only this is right on all of them.
  const isNew = systemd !== undefined && systemd >= RAISES_LIMIT_SINCE;
  return [
    {
      message: `Every container inherits containerd's limit of open files: LimitNOFILE=${limit.value}`,
      locations: [limit.location],
      fix: isNew
        ? "Write LimitNOFILE=1024:524288, or remove the line"
        : `Write LimitNOFILE=1024:524288, or remove the line where systemd is ${RAISES_LIMIT_SINCE} or later`,
      edits: [setKey(fact, "LimitNOFILE", "1024:524288")],
    },
  ];
}

function tasks(fact: UnitFact): Found[] {
  const max = fact.unit.value("Service", "TasksMax");
  if (max?.value === "infinity") return [];
  const what =
    max === undefined
      ? "it has no TasksMax=, which means 15 % of the machine's"
      : `TasksMax=${max.value}`;
  return [
    {
      message: `systemd limits the processes of all shims together: ${what}`,
      locations: [max?.location ?? serviceLocation(fact)],
      fix: "Write TasksMax=infinity in [Service]",
      edits: [setKey(fact, "TasksMax", "infinity")],
    },
  ];
}

/** NW-B04 */
export const limits = nodeRule({
  id: "NW-B04",
  severity: "warning",
  title: "containerd's unit sets no high limit of open files, and none of processes",
  stages: ["files", "machine"],
  places: ["containerd.service: LimitNOFILE, TasksMax"],
  symptom:
    "MySQL, old Java, Python 2, rpm or an NFS server in a pod takes gigabytes or minutes to start; or, with " +
    "many pods, `fork/exec ...: resource temporarily unavailable`.",
  why:
    "Containers inherit the limits of containerd. Programs that close or count all possible descriptors do " +
    "that a million or a billion times where LimitNOFILE= says 1048576 or infinity. Upstream's unit has no " +
    "such line since 2.0: systemd's own 1024:524288 is right, but before systemd 240 it has to be written. " +
    "TasksMax= counts the processes of the unit's shims together.",
  fix: "Write LimitNOFILE=1024:524288 (or nothing from systemd 240 on), and TasksMax=infinity.",
  provoked: {
    not: "the root of the lab's machines may not raise a limit: it has no CAP_SYS_RESOURCE",
  },
  needs: ["containerdUnit"],
  uses: ["host"],
  check({ containerdUnit, host }) {
    return [...openFiles(containerdUnit, host), ...tasks(containerdUnit)];
  },
});
