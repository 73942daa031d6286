import { dirname } from "node:path";
import { PROGRAM_NAME } from "../client/client-beside.ts";
import type { Unit } from "../plugins/ipam/dhcp/units/dhcp-units.ts";

/** Where clients look for the server: it is in their executable (native/cni-client.c). */
export const SERVER_SOCKET = "/run/nodewright/cni.sock";

export const SERVER_SOCKET_UNIT = "nodewright-cni.socket";
export const SERVER_SERVICE_UNIT = "nodewright-cni.service";

/**
 * The units of the server that answers calls, for plugins in `pluginDirectory` (an absolute path).
 * The socket is what is enabled: the first call starts the server, five minutes without one end it.
 */
export function serverUnits(pluginDirectory: string): readonly Unit[] {
  return [
    { name: SERVER_SOCKET_UNIT, text: SOCKET },
    { name: SERVER_SERVICE_UNIT, text: service(pluginDirectory) },
  ];
}

const SOCKET = `[Unit]
Description=Socket of the CNI server
Documentation=man:systemd.socket(5)

[Socket]
ListenSequentialPacket=${SERVER_SOCKET}
SocketMode=0600
DirectoryMode=0700
RemoveOnStop=yes
ExecStopPost=-/bin/rm -f ${SERVER_SOCKET}
ExecStopPost=-/bin/rmdir ${dirname(SERVER_SOCKET)}

[Install]
WantedBy=sockets.target
`;

/**
 * Only the supervisor is told to end: it lets workers finish their calls. No sandbox: a caller in
 * another mount or network namespace than the server's is refused. One that cannot start is given up
 * with its socket after twenty tries in a minute: plugins are slower then, and nothing else.
 */
function service(pluginDirectory: string): string {
  return `[Unit]
Description=CNI server
Requires=${SERVER_SOCKET_UNIT}
After=${SERVER_SOCKET_UNIT}
StartLimitIntervalSec=60
StartLimitBurst=20

[Service]
ExecStart=${pluginDirectory}/${PROGRAM_NAME} cni serve
KillMode=mixed
TimeoutStopSec=60
OOMScoreAdjust=-900
LockPersonality=yes
RestrictRealtime=yes

[Install]
Also=${SERVER_SOCKET_UNIT}
`;
}
