import type { OptionText } from "../option.ts";

/** containerd's config.toml, the CRI plugin: cgroups of runtimes, network, running of containers. */
export const containerdCriTexts: readonly OptionText[] = [
  {
    path: "cri.cni",
    en: "Where the CRI plugin finds the CNI plugins and their configuration.",
    ko: "CRI 플러그인이 CNI 플러그인과 그 설정을 찾는 곳이다.",
  },
  {
    path: "cri.cni.bin_dir",
    en: "The directory of the CNI plugins' executables. Versions 3 and 4 call it bin_dirs, a list; the old name still works there.",
    ko: "CNI 플러그인 실행 파일의 디렉터리다. 버전 3과 4에서는 목록인 bin_dirs이며 예전 이름도 아직 동작한다.",
    enWrong: 'Pods stay in ContainerCreating: "failed to find plugin "bridge" in path [...]".',
    koWrong: '파드가 ContainerCreating에 머문다: "failed to find plugin "bridge" in path [...]".',
    tiedTo: ["place:/opt/cni/bin", "cni:type", "NW-A07", "NW-D01", "NW-D07"],
    defaultIs: [
      "/opt/cni/bin in version 2; none in versions 3 and 4, where bin_dirs has it",
      "버전 2에서는 /opt/cni/bin, 버전 3과 4에서는 없음(bin_dirs에 있다)",
    ],
  },
  {
    path: "cri.cni.bin_dirs",
    en: "The directories of the CNI plugins' executables, looked through in order. Since containerd 2.1.",
    ko: "CNI 플러그인 실행 파일의 디렉터리들이며 순서대로 찾는다. containerd 2.1부터 있다.",
    enWrong:
      "Together with bin_dir the CRI plugin does not load: containerd runs, and the kubelet finds no RuntimeService.",
    koWrong:
      "bin_dir과 함께 쓰면 CRI 플러그인이 로드되지 않는다. containerd는 실행되지만 kubelet이 RuntimeService를 찾지 못한다.",
    tiedTo: [
      "containerd:cri.cni.bin_dir",
      "place:/opt/cni/bin",
      "NW-A07",
      "NW-A19",
      "NW-D01",
      "NW-D07",
    ],
  },
  {
    path: "cri.cni.conf_dir",
    en: "The directory of the CNI configuration. Files named .conf, .conflist and .json are read in the order of their names, and the first is the pods' network.",
    ko: "CNI 설정의 디렉터리다. 이름이 .conf, .conflist, .json인 파일을 이름순으로 읽고, 첫 번째 파일이 파드의 네트워크가 된다.",
    enWrong:
      'The node stays NotReady: "cni plugin not initialized". A file that an earlier network left, or one that does not parse, takes the place of yours.',
    koWrong:
      '노드가 NotReady에 머문다: "cni plugin not initialized". 예전 네트워크가 남긴 파일이나 해석되지 않는 파일이 있으면 의도한 파일이 쓰이지 않는다.',
    tiedTo: [
      "place:/etc/cni/net.d",
      "containerd:cri.cni.max_conf_num",
      "NW-D01",
      "NW-D02",
      "NW-D04",
    ],
  },
  {
    path: "cri.cni.max_conf_num",
    en: "How many files of conf_dir are loaded. With 1, the default, only the first by name is the network; the numbers in front of names are no order of execution. 0 loads all, each as a further interface of every pod.",
    ko: "conf_dir에서 읽는 파일의 수다. 기본값 1이면 이름순으로 첫 파일만 네트워크가 된다. 파일 이름 앞의 숫자는 실행 순서가 아니다. 0이면 모두 읽어, 파일마다 모든 파드에 인터페이스를 하나씩 추가한다.",
    enWrong:
      "With 0, a left file such as 99-loopback.conf gives each pod another interface, and a bad one stops all pods.",
    koWrong:
      "0이면 99-loopback.conf처럼 남아 있는 파일도 파드마다 인터페이스를 추가하고, 잘못된 파일 하나가 모든 파드를 막는다.",
    tiedTo: ["containerd:cri.cni.conf_dir", "NW-D02", "NW-D03"],
  },
  {
    path: "cri.cni.conf_template",
    en: "A template from which containerd itself writes the CNI configuration, with the podCIDR that the kubelet tells it. Empty for a file that lies in conf_dir already.",
    ko: "kubelet이 알려 준 podCIDR로 containerd가 CNI 설정을 직접 만드는 템플릿이다. conf_dir에 이미 파일이 있으면 비워 둔다.",
    enWrong: "Where the Node has no podCIDR nothing is ever written, and the node stays NotReady.",
    koWrong: "Node에 podCIDR이 없으면 아무것도 만들어지지 않아 노드가 NotReady에 머문다.",
    tiedTo: ["kubelet:podCIDR", "NW-D12"],
  },
  {
    path: "cri.cni.ip_pref",
    en: "Which of a pod's addresses is its first: ipv4, ipv6, or cni for the plugin's order. Empty is ipv4.",
    ko: "파드의 주소 중 어느 것을 첫 번째로 알릴지 정한다: ipv4, ipv6, 또는 플러그인의 순서를 따르는 cni. 비워 두면 ipv4다.",
    tiedTo: ["NW-D22"],
    values: {
      ipv4: ["the first IPv4 address", "첫 번째 IPv4 주소"],
      ipv6: ["the first IPv6 address", "첫 번째 IPv6 주소"],
      cni: ["the first that the plugin returned", "플러그인이 돌려준 첫 번째 주소"],
    },
  },
  {
    path: "cri.cni.setup_serially",
    en: "Sets up a pod's interfaces one after the other rather than at once, where there are several networks.",
    ko: "네트워크가 여러 개일 때 파드의 인터페이스를 동시에가 아니라 차례로 설정한다.",
  },
  {
    path: "cri.cni.use_internal_loopback",
    en: "Brings up lo in a pod by containerd itself rather than by the plugin loopback. Either way lo is up: no file in conf_dir is needed for it.",
    ko: "파드의 lo를 loopback 플러그인 대신 containerd가 직접 올린다. 어느 쪽이든 lo는 올라오므로 conf_dir에 이를 위한 파일이 필요하지 않다.",
    enWrong: "With false the executable loopback has to be in bin_dir: without it every pod fails.",
    koWrong: "false이면 bin_dir에 loopback 실행 파일이 있어야 한다. 없으면 모든 파드가 실패한다.",
    tiedTo: ["place:/opt/cni/bin", "place:/etc/cni/net.d/99-loopback.conf", "NW-D03", "NW-D07"],
  },
  {
    path: "cri.containerd",
    en: "The runtimes that pods may have, and how their images are unpacked.",
    ko: "파드가 쓸 수 있는 런타임과 이미지를 푸는 방법이다.",
  },
  {
    path: "cri.containerd.default_runtime_name",
    en: "The runtime of pods without a RuntimeClass: the name of a table below runtimes.",
    ko: "RuntimeClass가 없는 파드의 런타임이다. runtimes 아래 테이블의 이름을 적는다.",
    enWrong:
      'A name without such a table: the CRI plugin does not load ("no corresponding runtime configured"), and the kubelet finds no RuntimeService.',
    koWrong:
      '그런 테이블이 없는 이름이면 CRI 플러그인이 로드되지 않아("no corresponding runtime configured") kubelet이 RuntimeService를 찾지 못한다.',
    tiedTo: ["containerd:cri.containerd.runtimes", "NW-A07"],
  },
  {
    path: "cri.containerd.runtimes",
    en: "The runtimes by name. A RuntimeClass of Kubernetes names one of them as its handler.",
    ko: "이름별 런타임이다. 쿠버네티스의 RuntimeClass가 이 이름을 handler로 가리킨다.",
    tiedTo: ["containerd:cri.containerd.default_runtime_name", "NW-A03", "NW-A07"],
  },
  {
    path: "cri.containerd.runtimes.*.runtime_type",
    en: "The shim that runs the containers: io.containerd.runc.v2 is the program containerd-shim-runc-v2, found in containerd's PATH.",
    ko: "컨테이너를 실행하는 shim이다. io.containerd.runc.v2는 containerd의 PATH에 있는 containerd-shim-runc-v2 프로그램을 뜻한다.",
    enWrong:
      'io.containerd.runtime.v1.linux and io.containerd.runc.v1 are gone in 2.0. A shim that is not found: "containerd-shim-runc-v2: file does not exist", for every pod.',
    koWrong:
      'io.containerd.runtime.v1.linux와 io.containerd.runc.v1은 2.0에서 없어졌다. shim을 찾지 못하면 모든 파드가 "containerd-shim-runc-v2: file does not exist"로 실패한다.',
    tiedTo: ["unit:Service.ExecStart", "NW-A15", "NW-A16"],
    defaultIs: [
      "none in version 2; io.containerd.runc.v2 in versions 3 and 4",
      "버전 2에서는 없음, 버전 3과 4에서는 io.containerd.runc.v2",
    ],
  },
  {
    path: "cri.containerd.runtimes.*.runtime_path",
    en: "The absolute path of the shim, in place of looking for it in PATH.",
    ko: "PATH에서 찾는 대신 쓸 shim의 절대 경로다.",
    tiedTo: ["NW-A15"],
  },
  {
    path: "cri.containerd.runtimes.*.pod_annotations",
    en: "Annotations of pods that are passed on to the runtime; * at the end stands for anything.",
    ko: "런타임에 전달하는 파드의 어노테이션이다. 끝의 *는 무엇이든 뜻한다.",
  },
  {
    path: "cri.containerd.runtimes.*.container_annotations",
    en: "Annotations of containers that are passed on to the runtime.",
    ko: "런타임에 전달하는 컨테이너의 어노테이션이다.",
  },
  {
    path: "cri.containerd.runtimes.*.privileged_without_host_devices",
    en: "Keeps the host's devices from privileged containers.",
    ko: "특권(privileged) 컨테이너에 호스트의 장치를 주지 않는다.",
    tiedTo: ["NW-A07"],
  },
  {
    path: "cri.containerd.runtimes.*.privileged_without_host_devices_all_devices_allowed",
    en: "With privileged_without_host_devices: allows access to all devices all the same, for those that are added later.",
    ko: "privileged_without_host_devices와 함께, 나중에 추가되는 장치를 위해 모든 장치의 접근을 허용한다.",
    enWrong: "Alone the CRI plugin does not load: it requires privileged_without_host_devices.",
    koWrong:
      "단독으로 쓰면 CRI 플러그인이 로드되지 않는다. privileged_without_host_devices가 필요하다.",
    tiedTo: ["containerd:cri.containerd.runtimes.*.privileged_without_host_devices", "NW-A07"],
  },
  {
    path: "cri.containerd.runtimes.*.base_runtime_spec",
    en: "A JSON file with an OCI specification that containers start from. containerd 1.x with a limit of open files in its unit used it to lower that for containers.",
    ko: "컨테이너의 바탕이 되는 OCI 스펙 JSON 파일이다. 컨테이너의 열린 파일 수 제한 등을 바꿀 때 쓴다.",
    tiedTo: ["unit:Service.LimitNOFILE", "NW-B04"],
  },
  {
    path: "cri.containerd.runtimes.*.cni_conf_dir",
    en: "A CNI directory for pods of this runtime only.",
    ko: "이 런타임의 파드에만 쓰는 CNI 설정 디렉터리다.",
    tiedTo: ["containerd:cri.cni.conf_dir"],
  },
  {
    path: "cri.containerd.runtimes.*.cni_max_conf_num",
    en: "How many files of cni_conf_dir are loaded; 0 is all.",
    ko: "cni_conf_dir에서 읽는 파일의 수다. 0이면 모두 읽는다.",
  },
  {
    path: "cri.containerd.runtimes.*.snapshotter",
    en: "The snapshotter of this runtime, where it is another one than for all.",
    ko: "전체 설정과 다른 스냅숏터를 이 런타임에 쓸 때 적는다.",
    tiedTo: ["containerd:cri.containerd.snapshotter"],
  },
  {
    path: "cri.containerd.runtimes.*.sandboxer",
    en: "How a pod's sandbox is made: podsandbox with a pause container, shim by the shim itself (for runtimes that are machines). Since 1.7.",
    ko: "파드 샌드박스를 만드는 방법이다. podsandbox는 pause 컨테이너로, shim은 shim이 직접(가상 머신형 런타임) 만든다. 1.7부터 있다.",
    values: {
      podsandbox: [
        "a pause container holds the namespaces",
        "pause 컨테이너가 네임스페이스를 붙잡는다",
      ],
      shim: [
        "the shim makes the sandbox, as a machine of its own",
        "shim이 샌드박스를 직접 만든다(가상 머신 등)",
      ],
    },
  },
  {
    path: "cri.containerd.runtimes.*.cgroup_writable",
    en: "Mounts the container's own cgroup writable. Since 2.1.",
    ko: "컨테이너 자신의 cgroup을 쓸 수 있게 마운트한다. 2.1부터 있다.",
  },
  {
    path: "cri.containerd.runtimes.*.io_type",
    en: "How input and output go to the shim: fifo (empty) or streaming.",
    ko: "shim과 입출력을 주고받는 방식이다. 비워 두면 fifo이고 streaming도 있다.",
    values: {
      fifo: ["named pipes", "이름 있는 파이프"],
      streaming: ["the streaming API of the shim", "shim의 스트리밍 API"],
    },
  },
  {
    path: "cri.containerd.runtimes.*.runtime_engine",
    en: "Was the path of the OCI runtime's executable.",
    ko: "OCI 런타임 실행 파일의 경로였다.",
    tiedTo: ["containerd:cri.containerd.runtimes.*.options.BinaryName"],
  },
  {
    path: "cri.containerd.runtimes.*.runtime_root",
    en: "Was the directory of the OCI runtime's state.",
    ko: "OCI 런타임의 상태 디렉터리였다.",
    tiedTo: ["containerd:cri.containerd.runtimes.*.options.Root"],
  },
  {
    path: "cri.containerd.default_runtime",
    en: "Was the default runtime's own table; default_runtime_name takes its place.",
    ko: "기본 런타임의 테이블이었다. 지금은 default_runtime_name이 대신한다.",
    tiedTo: ["containerd:cri.containerd.default_runtime_name"],
  },
  {
    path: "cri.containerd.untrusted_workload_runtime",
    en: "Was the runtime of pods with an annotation for untrusted work; RuntimeClass takes its place.",
    ko: "신뢰하지 않는 작업이라는 어노테이션이 붙은 파드의 런타임이었다. 지금은 RuntimeClass가 대신한다.",
    tiedTo: ["containerd:cri.containerd.runtimes"],
  },
  {
    path: "cri.containerd.no_pivot",
    en: "As NoPivotRoot, for the runtime of version 1.",
    ko: "버전 1 런타임의 NoPivotRoot다.",
    tiedTo: ["containerd:cri.containerd.runtimes.*.options.NoPivotRoot"],
  },
  {
    path: "cri.containerd.ignore_blockio_not_enabled_errors",
    en: "Starts pods that ask for a blockio class although none is set up, without it.",
    ko: "blockio가 설정되지 않았는데 blockio 클래스를 요청한 파드를 그대로 시작한다.",
  },
  {
    path: "cri.containerd.ignore_rdt_not_enabled_errors",
    en: "Starts pods that ask for an RDT class although none is set up, without it.",
    ko: "RDT가 설정되지 않았는데 RDT 클래스를 요청한 파드를 그대로 시작한다.",
  },
];
