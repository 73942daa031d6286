/** Where systemd looks for units that an administrator, or a tool of his, has put there. */
export const UNIT_DIRECTORY = "/etc/systemd/system";

/** A unit of systemd: its file's name and text. */
export interface Unit {
  readonly name: string;
  readonly text: string;
}

/**
 * The units of the DHCP daemon, for plugins in `pluginDirectory` (an absolute path, as
 * `/opt/cni/bin`). The socket is what is enabled: systemd has it from boot on and starts the daemon
 * with the first call; a daemon that is restarted loses no call and no lease. The names are those
 * of the distributions' packages, which they replace.
 */
export function dhcpUnits(pluginDirectory: string): readonly Unit[] {
  return [
    { name: "cni-dhcp.socket", text: SOCKET },
    { name: "cni-dhcp.service", text: service(pluginDirectory) },
  ];
}

const SOCKET = `[Unit]
Description=Socket of the DHCP daemon for pods
Documentation=man:systemd.socket(5)

[Socket]
ListenStream=/run/cni/dhcp.sock
SocketMode=0600
DirectoryMode=0700
RemoveOnStop=yes

[Install]
WantedBy=sockets.target
`;

/**
 * Not PartOf the socket's life: leases are kept while it is restarted. No sandbox with mounts of
 * its own: pods' namespaces come and go as mounts in /run/netns, which the daemon has to see.
 */
function service(pluginDirectory: string): string {
  return `[Unit]
Description=DHCP daemon for pods
Requires=cni-dhcp.socket
After=cni-dhcp.socket network.target

[Service]
ExecStart=${pluginDirectory}/dhcp daemon
Restart=on-failure
RestartSec=1
OOMScoreAdjust=-900
CapabilityBoundingSet=CAP_NET_RAW CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_SYS_ADMIN CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_DAC_OVERRIDE
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes

[Install]
Also=cni-dhcp.socket
`;
}
