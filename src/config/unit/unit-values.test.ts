import { describe, expect, test } from "bun:test";
import { parseUnit } from "./parse-unit.ts";

function problems(section: string, line: string): string[] {
  const start = section === "Service" ? "" : "[Service]\nExecStart=/bin/a\n";
  const own = section === "Service" ? "[Service]\nExecStart=/bin/a\n" : `[${section}]\n`;
  const { problems } = parseUnit(`${start}${own}${line}\n`, "a.service");
  return problems.map(({ severity, message }) => `${severity}: ${message}`);
}

describe("a unit's values", () => {
  test.each([
    ["Service", "RestartSec=5"],
    ["Service", "RestartSec=1min 30s"],
    ["Service", "TimeoutStartSec=infinity"],
    ["Service", "RestartSec=500ms"],
    ["Service", "LimitNOFILE=1024:524288"],
    ["Service", "LimitCORE=infinity"],
    ["Service", "TasksMax=80%"],
    ["Service", "OOMScoreAdjust=-999"],
    ["Unit", "StartLimitIntervalSec=0"],
    ["Unit", "After=containerd.service network-online.target"],
    ["Unit", "After=dev-sda1.device getty@tty1.service"],
    ["Unit", "After=my-network.target"],
    ["Unit", "Wants="],
    ["Install", "WantedBy=multi-user.target"],
  ])("takes [%s] %s", (section, line) => {
    expect(problems(section, line)).toEqual([]);
  });

  test.each([
    [
      "Service",
      "RestartSec=[]",
      'error: Expected a time span such as 5, 5s, 1min 30s or infinity at RestartSec=: "[]"',
    ],
    [
      "Service",
      "LimitNPROC=infinitty",
      'error: Expected a number, SOFT:HARD, or infinity at LimitNPROC=: "infinitty"',
    ],
    [
      "Service",
      "TasksMax=max",
      'error: Expected a number, a percentage, or infinity at TasksMax=: "max"',
    ],
    [
      "Service",
      "OOMScoreAdjust=-9999",
      'error: Expected a number from -1000 to 1000 at OOMScoreAdjust=: "-9999"',
    ],
    [
      "Unit",
      "StartLimitIntervalSec=never",
      'error: Expected a time span such as 5, 5s, 1min 30s or infinity at StartLimitIntervalSec=: "never"',
    ],
    [
      "Unit",
      "After=netwrok.target",
      'warning: After= names a unit that is nearly network.target: "netwrok.target"',
    ],
    ["Unit", "Wants=nonsense", 'error: Expected names of units at Wants=: "nonsense"'],
    ["Install", "WantedBy=multi-user", 'error: Expected names of units at WantedBy=: "multi-user"'],
  ])("refuses [%s] %s", (section, line, want) => {
    expect(problems(section, line)).toEqual([want]);
  });
});
