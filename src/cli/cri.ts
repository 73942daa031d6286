import type { DefineCommand } from "./command.ts";
import { defineChanges } from "./cri/change-commands.ts";
import { defineEvents } from "./cri/events-command.ts";
import { defineExecs } from "./cri/exec-commands.ts";
import { defineImport } from "./cri/import-command.ts";
import { defineInspections } from "./cri/inspect-commands.ts";
import { defineLists } from "./cri/list-commands.ts";
import { defineLogs } from "./cri/logs-command.ts";
import { definePortForward } from "./cri/port-forward-command.ts";
import { defineRuns } from "./cri/run-commands.ts";
import { defineStats } from "./cri/stats-command.ts";
import { defineUpdate } from "./cri/update-command.ts";

export const define: DefineCommand = (root, context) => {
  defineLists(root, context);
  defineInspections(root, context);
  defineExecs(root, context);
  definePortForward(root, context);
  defineLogs(root, context);
  defineEvents(root, context);
  defineStats(root, context);
  defineRuns(root, context);
  defineChanges(root, context);
  defineUpdate(root, context);
  defineImport(root, context);
};
