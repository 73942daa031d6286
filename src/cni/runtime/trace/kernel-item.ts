/** One thing that the kernel has, or a file of a plugin, in words. */
export interface KernelItem {
  readonly where: "host" | "pod";
  readonly subject: "link" | "address" | "route" | "rule" | "sysctl" | "firewall" | "file";
  /** What makes it the same thing before and after. */
  readonly key: string;
  readonly text: string;
}
