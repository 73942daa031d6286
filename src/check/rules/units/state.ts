import { nearest } from "../../../base/mod.ts";
import type { UnitFile } from "../../../config/mod.ts";
import { claimedProblems, foundOf } from "../../claims.ts";
import type { HostUnit } from "../../facts/host-facts.ts";
import type { UnitFact } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { UNIT_FACTS, unitsOf } from "../../unit-facts.ts";

const NO_SYSTEMD = "systemd does not run on the machine, or was not asked";

/** States of a unit's file with which it is not started at boot. */
const NOT_AT_BOOT: ReadonlyMap<string, string> = new Map([
  ["disabled", "is disabled"],
  ["enabled-runtime", "is enabled until the next boot only"],
  ["masked", "is masked"],
  ["masked-runtime", "is masked until the next boot"],
  ["bad", "has a file that systemd cannot read"],
]);

function stateOf(name: string, unit: HostUnit): Found[] {
  const { loadState, unitFileState, needDaemonReload } = unit;
  if (loadState === "not-found") return [];
  const found: Found[] = [];
  const state = loadState === "masked" ? "masked" : unitFileState;
  const boot = NOT_AT_BOOT.get(state);
  if (boot !== undefined) {
    const unmask = state.startsWith("masked") ? `systemctl unmask ${name} && ` : "";
    found.push({
      message: `${name} does not run after a reboot: it ${boot}`,
      locations: [],
      fix: `${unmask}systemctl enable ${name}`,
    });
  }
  if (["bad-setting", "error"].includes(loadState)) {
    found.push({
      message: `systemd cannot load ${name}: ${loadState}`,
      locations: [],
      fix: `See systemctl status ${name}, and NW-M05`,
    });
  }
  if (needDaemonReload) {
    found.push({
      message: `systemd runs ${name} with files that have changed since: NeedDaemonReload=yes`,
      locations: [],
      fix: `systemctl daemon-reload && systemctl restart ${name}`,
    });
  }
  return found;
}

/** A unit that nobody has started or enabled: no fault, where its component is not installed. */
function isLeftAlone({ activeState, unitFileState }: HostUnit): boolean {
  return activeState === "inactive" && unitFileState === "disabled";
}

/** Targets that a boot reaches. */
const BOOT_TARGETS = ["multi-user.target", "default.target", "graphical.target"];

/** A unit that `systemctl enable` would not start at boot, whatever it says. */
function neverWanted({ name, unit }: UnitFact): Found[] {
  const wanted = [...unit.wantedBy, ...unit.words("Install", "RequiredBy")];
  const [first] = wanted;
  if (first === undefined) {
    return [
      {
        message: `Nothing starts ${name} at boot, also where it is enabled: it has no WantedBy=`,
        locations: [unit.entries.at(-1)?.location ?? { file: unit.file, line: 1, column: 1 }],
        fix: "Add [Install] with WantedBy=multi-user.target",
        edits: [{ file: unit.file, path: ["Install", "WantedBy"], set: "multi-user.target" }],
      },
    ];
  }
  if (wanted.some(({ value }) => BOOT_TARGETS.includes(value))) return [];
  const meant = nearest(first.value, BOOT_TARGETS);
  // Somebody's own target may be part of a boot; a misspelt one is not.
  if (meant === undefined) return [];
  return [
    {
      message: `Nothing starts ${name} at boot: it is wanted by ${first.value}, which there is not`,
      locations: [first.location],
      fix: `Write WantedBy=${meant}`,
      edits: [{ file: first.location.file, path: ["Install", "WantedBy"], set: meant }],
    },
  ];
}

/** NW-B06 */
export const enabled = nodeRule({
  id: "NW-B06",
  severity: "error",
  title: "The units are enabled, not masked, and systemd has read their files as they are",
  stages: ["files", "machine"],
  places: [
    "units: WantedBy in [Install]",
    "the machine: systemctl show (UnitFileState, LoadState, NeedDaemonReload)",
  ],
  symptom:
    "The node is gone after a reboot; or a change of a unit has no effect: `Warning: The unit file ... " +
    "changed on disk. Run 'systemctl daemon-reload'`.",
  why:
    "A unit that is started by hand runs until the next boot. Enabling one means a link in the directory of what " +
    "its WantedBy= names; without that there is none. systemd reads files once; what changed after that " +
    "counts after a daemon-reload and a restart.",
  fix: "systemctl enable the units, systemctl daemon-reload, and restart what has changed.",
  provoked: { how: "a unit's file that is changed without a reload: systemctl status warns" },
  needs: [],
  uses: [...UNIT_FACTS, "host", "fileProblems"],
  check(facts) {
    const { fileProblems } = facts;
    // The machine itself says it, too.
    const masked = facts.host?.units
      ? []
      : claimedProblems("NW-B06", { fileProblems }).map(foundOf);
    const own = [...masked, ...unitsOf(facts).flatMap(neverWanted)];
    const units = facts.host?.units;
    if (units === null && own.length === 0) return unknown(NO_SYSTEMD);
    const names = unitsOf(facts).map(({ name }) => name);
    const states = Object.entries(units ?? {})
      .filter(([name, unit]) => names.includes(name) || !isLeftAlone(unit))
      .flatMap(([name, unit]) => stateOf(name, unit));
    if (units === undefined && own.length === 0 && unitsOf(facts).length === 0)
      return unknown("there is no unit");
    return [...own, ...states];
  },
});

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** Drop-ins of other tools that are known by name, and whose they are. */
const KNOWN: ReadonlyMap<string, string> = new Map([
  ["10-kubeadm.conf", "kubeadm"],
  ["0-containerd.conf", "kubeadm's container runtime"],
  ["20-extra-args.conf", "a node image"],
]);

/** NW-B07 */
export const dropIns = nodeRule({
  id: "NW-B07",
  severity: "error",
  title: "No drop-in of somebody else's changes what a unit starts",
  stages: ["files", "machine"],
  places: ["/etc/systemd/system/UNIT.d/*.conf, /usr/lib/systemd/system/UNIT.d/*.conf and the like"],
  symptom:
    "The kubelet runs with other flags than its unit says: `systemctl cat kubelet` ends with a drop-in that " +
    "resets ExecStart=, the kubelet looks for /var/lib/kubelet/config.yaml or /etc/kubernetes/bootstrap-kubelet.conf.",
  why:
    "A package (kubeadm, Docker) or an image brings drop-ins, and they are read after the unit, whichever " +
    "directory it is in. An empty ExecStart= and a second one take the place of the unit's own.",
  fix: "Move the drop-in away and reload systemd, or put what it does into units/UNIT.d of the cluster directory.",
  provoked: { how: "kubeadm's drop-in beside the unit: systemctl cat shows another command" },
  needs: ["files"],
  uses: [...UNIT_FACTS, "host"],
  check(facts) {
    const { files, host } = facts;
    return unitsOf(facts).flatMap(({ name, path: unitPath, unit, dropIns: own }): Found[] => {
      if (!files.isComplete) {
        // What the cluster directory has is meant; what the machine has beside it is not known to it.
        const live = host?.units?.[name]?.dropInPaths ?? [];
        return live
          .filter((path) => path.includes(`/${name}.d/`) && !own.includes(path))
          .map((path) => foreign(name, path, "is not of the cluster directory"));
      }
      const main = files.get(`/etc/systemd/system/${name}`)?.shown ?? unit.file;
      if (isMadeForDropIns(unitPath, unit, main)) return [];
      return own.flatMap((dropIn): Found[] => {
        const shown = files.get(dropIn)?.shown ?? dropIn;
        const starts = unit.entries.filter(
          ({ key, location }) => key === "ExecStart" && location.file === shown,
        );
        // An empty one takes the unit's own away, the one behind it counts.
        const start = starts.findLast(({ value }) => value !== "") ?? starts[0];
        const whose = KNOWN.get(baseName(dropIn));
        if (start === undefined && whose === undefined) return [];
        const what = start === undefined ? `is ${whose}'s` : "sets another ExecStart";
        const original = unit.entries.find(
          ({ key, location }) => key === "ExecStart" && location.file === main,
        );
        return [
          {
            ...foreign(name, dropIn, what),
            locations: [
              start?.location ?? { file: shown, line: 1, column: 1 },
              ...(original === undefined ? [] : [original.location]),
            ],
          },
        ];
      });
    });
  },
});

/**
 * A package's unit is completed by drop-ins, and so is one that starts its program without an
 * argument, as kubeadm's does wherever it was put.
 */
function isMadeForDropIns(path: string, unit: UnitFile, main: string): boolean {
  if (!/^\/(?:etc|run)\//.test(path)) return true;
  const own = unit.entries.filter(
    ({ key, location, value }) => key === "ExecStart" && value !== "" && location.file === main,
  );
  return own.length > 0 && own.every(({ value }) => !/\s/.test(value));
}

function foreign(unit: string, path: string, what: string): Found {
  return {
    message: `A drop-in of ${unit} ${what}: ${path}`,
    locations: [],
    fix: `Move ${path} away and run systemctl daemon-reload`,
  };
}

/** Types that files keep from where they were made, and that a service may not run. */
const NOT_RUN: ReadonlySet<string> = new Set([
  "admin_home_t",
  "default_t",
  "home_root_t",
  "tmp_t",
  "unlabeled_t",
  "user_home_t",
  "user_tmp_t",
]);

/** NW-B09 */
export const selinux = nodeRule({
  id: "NW-B09",
  severity: "error",
  title: "SELinux lets systemd run the node's executables",
  stages: ["machine"],
  places: ["the machine: getenforce, ls -Z of the executables"],
  symptom:
    "`status=203/EXEC` with `Permission denied`, although the file is executable; `ausearch -m avc` has it.",
  why:
    "A file that is moved (`mv`) keeps the type of where it was made: user_home_t of a home, user_tmp_t " +
    "of /tmp. A service may not run those. A file that is copied or installed gets the type of its new directory.",
  fix: "restorecon -v FILE, or install it with install(1) or cp.",
  provoked: { not: "the machines of the tests have no SELinux" },
  needs: ["host"],
  check({ host: { selinux: mode, selinuxTypes: types } }) {
    if (mode === "absent") return [];
    if (types === null) return unknown("the SELinux types of the executables are not known");
    return Object.entries(types).flatMap(([path, type]): Found[] => {
      if (!NOT_RUN.has(type)) return [];
      const base = { locations: [], fix: `restorecon -v ${path}` };
      return mode === "enforcing"
        ? [{ ...base, message: `SELinux does not let systemd run ${path}: its type is ${type}` }]
        : [
            {
              ...base,
              severity: "warning",
              message: `SELinux would not let systemd run ${path} once it is enforcing: its type is ${type}`,
            },
          ];
    });
  },
});
