import type { OptionText } from "../option.ts";

/** containerd's config.toml, the CRI plugin: options of the shim of a runtime. */
export const containerdShimTexts: readonly OptionText[] = [
  {
    path: "cri.containerd.runtimes.*.options",
    en: "Options of the shim. For runc they are these.",
    ko: "shim의 옵션이다. runc에는 아래 옵션이 있다.",
  },
  {
    path: "cri.containerd.runtimes.*.options.SystemdCgroup",
    en: "Lets systemd make the cgroups of containers (true), rather than runc by itself (false, the default). It has to be the same as the kubelet's cgroupDriver: true with systemd, false with cgroupfs. All runtimes of the file should agree.",
    ko: "컨테이너의 cgroup을 runc가 직접 만드는 대신(false, 기본값) systemd가 만들게 한다(true). kubelet의 cgroupDriver와 맞아야 한다. systemd이면 true, cgroupfs이면 false다. 파일의 모든 런타임이 같은 값을 가져야 한다.",
    enWrong:
      'false with cgroupDriver: systemd, and no pod is created: "expected cgroupsPath to be of format "slice:prefix:name"". Or pods restart in waves under load. In the wrong section for the file\'s version the line is ignored and counts as false.',
    koWrong:
      'cgroupDriver: systemd인데 false이면 파드가 만들어지지 않거나("expected cgroupsPath to be of format "slice:prefix:name""), 부하가 걸릴 때 무더기로 재시작한다. 파일 버전과 맞지 않는 섹션에 적으면 무시되어 false로 동작한다.',
    tiedTo: ["kubelet:cgroupDriver", "containerd:version", "NW-A01", "NW-A03", "NW-A05", "NW-A02"],
  },
  {
    path: "cri.containerd.runtimes.*.options.BinaryName",
    en: "The OCI runtime's executable: a path, or a name in PATH. Empty is runc.",
    ko: "OCI 런타임의 실행 파일이다. 경로나 PATH에 있는 이름을 적는다. 비워 두면 runc다.",
    enWrong: 'No pod starts: "exec: "...": executable file not found in $PATH".',
    koWrong: '파드가 시작하지 못한다: "exec: "...": executable file not found in $PATH".',
    tiedTo: ["place:/usr/local/bin", "NW-A12", "NW-A15"],
  },
  {
    path: "cri.containerd.runtimes.*.options.CriuImagePath",
    en: "Where checkpoints of containers are written.",
    ko: "컨테이너 체크포인트를 쓰는 곳이다.",
  },
  {
    path: "cri.containerd.runtimes.*.options.CriuPath",
    en: "Was the path of criu; it is looked for in PATH today.",
    ko: "criu의 경로였다. 지금은 PATH에서 찾는다.",
  },
  {
    path: "cri.containerd.runtimes.*.options.CriuWorkPath",
    en: "Where criu writes its logs.",
    ko: "criu가 로그를 쓰는 곳이다.",
  },
  {
    path: "cri.containerd.runtimes.*.options.IoUid",
    en: "The user who owns the pipes of containers.",
    ko: "컨테이너 파이프의 소유자다.",
  },
  {
    path: "cri.containerd.runtimes.*.options.IoGid",
    en: "The group that owns the pipes of containers.",
    ko: "컨테이너 파이프의 그룹이다.",
  },
  {
    path: "cri.containerd.runtimes.*.options.NoNewKeyring",
    en: "Gives containers no kernel keyring of their own.",
    ko: "컨테이너에 별도의 커널 키링을 만들지 않는다.",
  },
  {
    path: "cri.containerd.runtimes.*.options.NoPivotRoot",
    en: "Uses chroot in place of pivot_root, for a machine that runs from an initramfs. It weakens the isolation.",
    ko: "initramfs에서 실행되는 머신을 위해 pivot_root 대신 chroot를 쓴다. 격리가 약해진다.",
  },
  {
    path: "cri.containerd.runtimes.*.options.Root",
    en: "The directory of the OCI runtime's state; empty is /run/containerd/runc.",
    ko: "OCI 런타임의 상태 디렉터리다. 비워 두면 /run/containerd/runc다.",
  },
  {
    path: "cri.containerd.runtimes.*.options.ShimCgroup",
    en: "A cgroup for the shims, outside of the pods'.",
    ko: "파드 밖에 두는 shim의 cgroup이다.",
  },
  {
    path: "cri.containerd.runtimes.*.options.TypeUrl",
    en: "The type of the options of a shim other than runc's.",
    ko: "runc가 아닌 shim의 옵션 타입이다.",
  },
  {
    path: "cri.containerd.runtimes.*.options.ConfigPath",
    en: "The configuration file of a shim other than runc's.",
    ko: "runc가 아닌 shim의 설정 파일이다.",
  },
  {
    path: "cri.containerd.runtimes.*.options.ConfigBody",
    en: "The configuration of a shim other than runc's, in place of a file.",
    ko: "runc가 아닌 shim의 설정을 파일 대신 직접 적은 것이다.",
  },
];
