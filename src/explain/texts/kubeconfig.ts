import type { OptionText } from "../option.ts";

/** kubeconfig: how a program reaches the API server, and who it is there. */
export const kubeconfigTexts: readonly OptionText[] = [
  {
    path: "apiVersion",
    en: "The version of the file's format: v1.",
    ko: "파일 형식의 버전으로, v1이다.",
  },
  {
    path: "kind",
    en: "The kind of object in this file: Config.",
    ko: "이 파일에 담긴 오브젝트의 종류로, Config다.",
  },
  {
    path: "preferences",
    en: "Was for kubectl's looks; nothing reads it.",
    ko: "kubectl의 표시 설정이었다. 이제 읽는 곳이 없다.",
  },
  {
    path: "preferences.colors",
    en: "Was for kubectl's looks; nothing reads it.",
    ko: "kubectl의 표시 설정이었다. 이제 읽는 곳이 없다.",
  },
  {
    path: "clusters",
    en: "API servers, each with a name.",
    ko: "이름을 붙인 API 서버의 목록이다.",
  },
  {
    path: "clusters[].name",
    en: "The name by which contexts speak of it.",
    ko: "컨텍스트가 가리키는 이름이다.",
  },
  {
    path: "clusters[].cluster",
    en: "How this API server is reached.",
    ko: "이 API 서버에 접속하는 방법이다.",
  },
  {
    path: "clusters[].cluster.server",
    en: "The URL of the API server, such as https://server.kubernetes.local:6443. Its name has to resolve on the node and stand in the server's certificate.",
    ko: "API 서버의 URL이다(예: https://server.kubernetes.local:6443). 이름이 노드에서 해석되어야 하고 서버 인증서에도 있어야 한다.",
    enWrong:
      'The node never registers: "dial tcp: lookup server.kubernetes.local: no such host", "i/o timeout", or "x509: certificate is valid for ..., not ...". 127.0.0.1 is right on the control plane only.',
    koWrong:
      '노드가 등록되지 않는다: "dial tcp: lookup server.kubernetes.local: no such host", "i/o timeout", "x509: certificate is valid for ..., not ...". 127.0.0.1은 컨트롤 플레인에서만 맞다.',
    tiedTo: ["flag:--kubeconfig", "host /etc/hosts or DNS", "NW-C11", "NW-F08", "NW-A21", "NW-F12"],
  },
  {
    path: "clusters[].cluster.tls-server-name",
    en: "The name that the server's certificate is checked for, where it is not the one in server.",
    ko: "server의 이름과 다를 때, 서버 인증서에서 확인할 이름이다.",
    tiedTo: ["kubeconfig:clusters[].cluster.server"],
  },
  {
    path: "clusters[].cluster.insecure-skip-tls-verify",
    en: "Does not check the server's certificate. Whoever is in between can then command the node.",
    ko: "서버 인증서를 확인하지 않는다. 중간에 있는 누구나 노드에 명령할 수 있게 된다.",
  },
  {
    path: "clusters[].cluster.certificate-authority",
    en: "The file of the CA by which the server's certificate is checked; a relative path is relative to this file.",
    ko: "서버 인증서를 검증하는 CA 파일이다. 상대 경로는 이 파일을 기준으로 한다.",
    tiedTo: ["kubeconfig:clusters[].cluster.certificate-authority-data"],
  },
  {
    path: "clusters[].cluster.certificate-authority-data",
    en: "The same CA in the file itself, base64 of PEM. It wins over certificate-authority.",
    ko: "같은 CA를 파일 안에 직접 담은 것이다(PEM의 base64). certificate-authority보다 우선한다.",
    enWrong:
      '"x509: certificate signed by unknown authority": the CA of an earlier cluster is the usual cause.',
    koWrong:
      '"x509: certificate signed by unknown authority"가 나온다. 예전 클러스터의 CA가 남은 경우가 흔하다.',
    tiedTo: ["NW-C11", "NW-F06"],
  },
  {
    path: "clusters[].cluster.proxy-url",
    en: "A proxy on the way to the API server.",
    ko: "API 서버로 가는 길에 거치는 프록시다.",
    tiedTo: ["NW-A21"],
  },
  {
    path: "clusters[].cluster.disable-compression",
    en: "Asks for answers without compression, for a fast network.",
    ko: "빠른 네트워크에서 응답을 압축하지 않도록 요청한다.",
  },
  { path: "users", en: "Identities, each with a name.", ko: "이름을 붙인 신원의 목록이다." },
  {
    path: "users[].name",
    en: "The name by which contexts speak of it. The API server never sees it: it goes by the certificate or token.",
    ko: "컨텍스트가 가리키는 이름이다. API 서버는 이 이름이 아니라 인증서나 토큰으로 판단한다.",
  },
  {
    path: "users[].user",
    en: "What shows the API server who is calling.",
    ko: "API 서버에 누구인지 보여 주는 정보다.",
  },
  {
    path: "users[].user.client-certificate",
    en: "The file of the client certificate. Its CN is the user, its O the groups: system:node:NAME and system:nodes for a kubelet.",
    ko: "클라이언트 인증서 파일이다. CN이 사용자, O가 그룹이다. kubelet은 system:node:NAME과 system:nodes다.",
    enWrong: 'Another node\'s: forbidden. Expired: "Unauthorized", and the node turns NotReady.',
    koWrong:
      '다른 노드의 것이면 거부된다. 만료되면 "Unauthorized"가 나오고 노드가 NotReady가 된다.',
    tiedTo: ["machines:HOSTNAME", "NW-C10", "NW-C13"],
  },
  {
    path: "users[].user.client-certificate-data",
    en: "The same certificate in the file itself, base64 of PEM.",
    ko: "같은 인증서를 파일 안에 직접 담은 것이다(PEM의 base64).",
    tiedTo: ["kubeconfig:users[].user.client-certificate"],
  },
  {
    path: "users[].user.client-key",
    en: "The file of the certificate's key.",
    ko: "인증서의 개인키 파일이다.",
    tiedTo: ["kubeconfig:users[].user.client-certificate"],
  },
  {
    path: "users[].user.client-key-data",
    en: "The same key in the file itself, base64 of PEM. The file is then a secret: mode 0600.",
    ko: "같은 키를 파일 안에 직접 담은 것이다(PEM의 base64). 이 파일은 비밀이므로 권한을 0600으로 둔다.",
    tiedTo: ["NW-B12"],
  },
  {
    path: "users[].user.token",
    en: "A bearer token in the file itself, such as a bootstrap token.",
    ko: "파일에 직접 적은 베어러 토큰이다(예: 부트스트랩 토큰).",
    tiedTo: ["flag:--bootstrap-kubeconfig", "NW-F12"],
  },
  {
    path: "users[].user.tokenFile",
    en: "A file with a bearer token, read again as it changes.",
    ko: "베어러 토큰이 든 파일이다. 바뀌면 다시 읽는다.",
  },
  {
    path: "users[].user.as",
    en: "Acts as another user (impersonation), for who may.",
    ko: "권한이 있을 때 다른 사용자로 행동한다(가장).",
  },
  { path: "users[].user.as-uid", en: "The UID of that user.", ko: "그 사용자의 UID다." },
  { path: "users[].user.as-groups", en: "The groups of that user.", ko: "그 사용자의 그룹이다." },
  {
    path: "users[].user.as-user-extra",
    en: "Further properties of that user.",
    ko: "그 사용자의 추가 속성이다.",
  },
  {
    path: "users[].user.username",
    en: "Was for basic authentication, which the API server no longer has.",
    ko: "API 서버가 더는 지원하지 않는 기본 인증의 사용자 이름이다.",
  },
  {
    path: "users[].user.password",
    en: "Was for basic authentication, which the API server no longer has.",
    ko: "API 서버가 더는 지원하지 않는 기본 인증의 암호다.",
  },
  {
    path: "users[].user.auth-provider",
    en: "A way to log in of a cloud provider; exec takes its place.",
    ko: "클라우드 제공자의 로그인 방식이다. 지금은 exec가 대신한다.",
  },
  {
    path: "users[].user.auth-provider.name",
    en: "The name of the provider.",
    ko: "제공자의 이름이다.",
  },
  {
    path: "users[].user.auth-provider.config",
    en: "Settings of the provider.",
    ko: "제공자의 설정이다.",
  },
  {
    path: "users[].user.exec",
    en: "A program that prints credentials.",
    ko: "자격 증명을 출력하는 프로그램이다.",
  },
  {
    path: "users[].user.exec.apiVersion",
    en: "The version of what it prints: client.authentication.k8s.io/v1.",
    ko: "출력 형식의 버전이다: client.authentication.k8s.io/v1.",
  },
  { path: "users[].user.exec.command", en: "The program.", ko: "실행할 프로그램이다." },
  { path: "users[].user.exec.args", en: "Its arguments.", ko: "실행 인자다." },
  { path: "users[].user.exec.env", en: "Environment variables for it.", ko: "환경 변수다." },
  { path: "users[].user.exec.env[].name", en: "The variable's name.", ko: "변수의 이름이다." },
  { path: "users[].user.exec.env[].value", en: "The variable's value.", ko: "변수의 값이다." },
  {
    path: "users[].user.exec.installHint",
    en: "What is printed where the program is missing.",
    ko: "프로그램이 없을 때 출력하는 안내다.",
  },
  {
    path: "users[].user.exec.provideClusterInfo",
    en: "Tells the program which cluster it is for.",
    ko: "어느 클러스터에 대한 것인지 프로그램에 알려 준다.",
  },
  {
    path: "users[].user.exec.interactiveMode",
    en: "Whether the program may ask on the terminal. For a service: Never.",
    ko: "프로그램이 터미널에서 물어볼 수 있는지 정한다. 서비스에서는 Never로 둔다.",
  },
  {
    path: "contexts",
    en: "Pairs of a cluster and a user, each with a name.",
    ko: "이름을 붙인, 클러스터와 사용자의 짝이다.",
  },
  {
    path: "contexts[].name",
    en: "The name by which current-context speaks of it.",
    ko: "current-context가 가리키는 이름이다.",
  },
  {
    path: "contexts[].context",
    en: "Which cluster and which user.",
    ko: "어느 클러스터와 어느 사용자인지 정한다.",
  },
  {
    path: "contexts[].context.cluster",
    en: "The name of an entry of clusters.",
    ko: "clusters에 있는 이름이다.",
    tiedTo: ["kubeconfig:clusters[].name"],
  },
  {
    path: "contexts[].context.user",
    en: "The name of an entry of users.",
    ko: "users에 있는 이름이다.",
    tiedTo: ["kubeconfig:users[].name"],
  },
  {
    path: "contexts[].context.namespace",
    en: "The namespace for kubectl where none is named.",
    ko: "따로 적지 않을 때 kubectl이 쓰는 네임스페이스다.",
  },
  {
    path: "current-context",
    en: "The context that is used. The kubelet and kube-proxy use nothing else.",
    ko: "사용할 컨텍스트다. kubelet과 kube-proxy는 이것만 쓴다.",
    enWrong:
      "Empty or without such a context: the program finds no server and tries localhost:8080, or ends.",
    koWrong:
      "비어 있거나 그런 컨텍스트가 없으면 서버를 찾지 못해 localhost:8080을 시도하거나 종료한다.",
    tiedTo: ["kubeconfig:contexts[].name", "NW-C11"],
  },
];
