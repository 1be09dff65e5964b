/** Rules of a chain whose policy is DROP. */
interface FilterRules {
  readonly lines: readonly string[]
  /** Whether 10.0.0.0/24 can connect to port 22. */
  readonly isOpen: boolean
  /** The rule that decides, counted from 1; none: the policy does. */
  readonly line?: number
}

export const filterRules: readonly FilterRules[] = [
  { lines: ['-A CHAIN -p tcp --dport 22 -j ACCEPT'], isOpen: true },
  { lines: ['-A CHAIN -p tcp -m tcp --dport 22 -j ACCEPT'], isOpen: true },
  { lines: ['-A CHAIN -p tcp -m multiport --dports 22,80 -j ACCEPT'], isOpen: true },
  { lines: ['-A CHAIN -p tcp -m multiport --dports 20:25 -j ACCEPT'], isOpen: true },
  { lines: ['-A CHAIN -s 10.0.0.0/8 -j ACCEPT'], isOpen: true },
  { lines: ['-A CHAIN -p tcp -m conntrack --ctstate NEW -m tcp --dport 22 -j ACCEPT'], isOpen: true },
  { lines: [], isOpen: false },
  { lines: ['-A CHAIN -p tcp --dport 80 -j ACCEPT'], isOpen: false },
  { lines: ['-A CHAIN -p udp --dport 22 -j ACCEPT'], isOpen: false },
  { lines: ['-A CHAIN -s 192.168.1.0/24 -p tcp --dport 22 -j ACCEPT'], isOpen: false },
  { lines: ['-A CHAIN -i lo -j ACCEPT'], isOpen: false },
  { lines: ['-A CHAIN -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'], isOpen: false },
  {
    lines: ['-A CHAIN -p tcp --dport 22 -j DROP', '-A CHAIN -p tcp --dport 22 -j ACCEPT'],
    isOpen: false,
    line: 1,
  },
  {
    lines: [
      '-A CHAIN -s 192.168.1.9/32 -j DROP',
      '-A CHAIN -p tcp --dport 22 -j ACCEPT',
      '-A CHAIN -j REJECT',
    ],
    isOpen: true,
  },
]
