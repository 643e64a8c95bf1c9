/** Lines with a name, each a text of faults. A preset for two directions writes out both. */

export const PRESETS: ReadonlyMap<string, { readonly title: string; readonly line: string }> = new Map([
  [
    'bad-adsl',
    {
      title: 'a long copper pair: 1 Mbit/s down, 128 kbit/s up, jitter, now and then two seconds of silence',
      line: 'latency:25,jitter:40,bandwidth:16k,dir=up,bandwidth:128k,dir=down,stall:2s,p=0.5%',
    },
  ],
  [
    'satellite',
    {
      title: 'a geostationary hop: more than half a second there and back, 512 kbit/s',
      line: 'latency:280,jitter:20,bandwidth:16k,dir=up,bandwidth:64k,dir=down',
    },
  ],
  [
    'gprs',
    {
      title: 'a mobile line of 2003: slow, late, uneven, in small packets',
      line: 'latency:350,jitter:300,bandwidth:2k,dir=up,bandwidth:5k,dir=down,slice:536,min=64',
    },
  ],
  [
    'flaky',
    {
      title: 'connections break: one packet in fifty brings a reset, one in fifty a second of silence',
      line: 'jitter:30,stall:1s,p=2%,reset:p=2%',
    },
  ],
]);
