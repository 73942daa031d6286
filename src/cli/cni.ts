import { defineAttachments } from "./cni/attachment-commands.ts";
import { defineInstall } from "./cni/install-command.ts";
import { defineLists } from "./cni/list-commands.ts";
import { defineNetworks } from "./cni/network-commands.ts";
import { defineServe } from "./cni/serve-command.ts";
import { defineTrace } from "./cni/trace-command.ts";
import type { DefineCommand } from "./command.ts";

export const define: DefineCommand = (root, context) => {
  defineAttachments(root, context);
  defineNetworks(root, context);
  defineTrace(root, context);
  defineLists(root, context);
  defineInstall(root, context);
  defineServe(root, context);
};
