import { closeSync, openSync } from "node:fs";

/** A machine to boot. */
export interface Machine {
  readonly vmlinuz: string;
  readonly initramfs: string;
  /** Where the second serial port is written to. */
  readonly report: string;
  readonly timeoutMs: number;
}

/**
 * Boots a machine in qemu's software emulation and waits until it has powered itself off; its
 * console goes to standard output. False where it did not end in time and was ended.
 */
export async function runMachine(machine: Machine): Promise<boolean> {
  closeSync(openSync(machine.report, "w"));
  const child = Bun.spawn(
    [
      "qemu-system-x86_64",
      ...["-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "2048"],
      ...["-nodefaults", "-display", "none", "-no-reboot"],
      // A card that tests may move about; nothing is at the other end of its wire.
      ...["-nic", "hubport,hubid=0,model=virtio-net-pci"],
      ...["-serial", "stdio", "-serial", `file:${machine.report}`],
      ...["-kernel", machine.vmlinuz, "-initrd", machine.initramfs],
      ...["-append", "console=ttyS0 quiet panic=-1 random.trust_cpu=on mitigations=off"],
    ],
    { stdin: "ignore", stdout: "inherit", stderr: "inherit" },
  );
  let isInTime = true;
  const timer = setTimeout(() => {
    isInTime = false;
    child.kill("SIGKILL");
  }, machine.timeoutMs);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      child.kill("SIGKILL");
      process.exit(130);
    });
  }
  await child.exited;
  clearTimeout(timer);
  return isInTime;
}
