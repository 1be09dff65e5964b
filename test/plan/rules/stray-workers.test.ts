import { describe, expect, it } from 'vitest'
import { asked, built, said } from './asked-nodes.js'

const lab = { network: '10.0.2.0/24', gateway: '10.0.2.254' }
const toLab = { static_routes: '10.0.2.0/24 via 10.0.0.254' }

describe('a worker in another network', () => {
  it('is right where both know a way to the other', () => {
    expect(said(asked('master', toLab), asked('node2', lab))).toEqual([])
    // A route to a larger network.
    expect(
      said(asked('master', { static_routes: '10.0.0.0/8 via 10.0.0.254' }), asked('node2', lab)),
    ).toEqual([])
    const route = { network: lab.network, static_routes: '10.0.0.0/24 via 10.0.2.254' }
    expect(said(asked('master', toLab), asked('node2', route))).toEqual([])
    const flat = { topology: 'flat', network: lab.network }
    expect(said(asked('master', toLab), asked('node2', flat))).toEqual([])
    expect(said(asked('master', { topology: 'flat', network: '10.0.0.0/24' }), asked('node2', flat))).toEqual(
      [],
    )
  })

  it('needs a way to the master', () => {
    const none = { network: lab.network, gateway: 'none' }
    const words = 'node2 has no route to 10.0.0.0/24, the network of master'
    expect(said(asked('master', toLab), asked('node2', none))).toEqual([
      `error: command line network: ${words}`,
    ])
    const narrow = { network: lab.network, static_routes: '10.0.0.0/25 via 10.0.2.254' }
    expect(said(asked('master', toLab), asked('node2', narrow))).toEqual([
      `error: command line network: ${words}`,
    ])
    // Its uplink is no route to the cluster.
    const wifi = { topology: 'flat', network: lab.network, uplink: 'wlan0' }
    expect(said(asked('master', toLab), asked('node2', wifi))).toEqual([
      `error: command line network: ${words}`,
    ])
  })

  it('needs a way back, at the line of the node that can still be changed', () => {
    const words = 'master has no route to 10.0.2.0/24, the network of node2'
    expect(said(asked('master'), asked('node2', lab))).toEqual([`error: command line hostname: ${words}`])
    expect(said(built('master'), asked('node2', lab))).toEqual([`error: command line network: ${words}`])
    expect(said(asked('master'), built('node2', lab))).toEqual([`error: command line hostname: ${words}`])
  })

  it('gets no address from the DHCP server', () => {
    expect(said(asked('master', toLab), asked('node2', { ...lab, address: 'dhcp' }))).toEqual([
      'error: command line address: node2 is in 10.0.2.0/24, and the DHCP server, master, in 10.0.0.0/24',
    ])
    // The router of a flat network is one.
    const flat = { topology: 'flat', network: lab.network, address: 'dhcp' }
    expect(said(asked('master', { topology: 'flat', network: '10.0.0.0/24' }), asked('node2', flat))).toEqual(
      [],
    )
  })

  it('may have another topology, but not within one network', () => {
    const flat = { topology: 'flat', network: lab.network }
    expect(said(asked('master', toLab), asked('node2', flat), asked('node3', lab))).toEqual([
      'error: command line topology: node2 has the topology flat, and node3 routed',
    ])
  })
})
