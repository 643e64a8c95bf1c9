/**
 * The MDAP service of an ant while its firmware runs: sockets around the machine of
 * protocol/mdap/ant-conversation.ts.
 */
import type { Endpoint } from '../../protocol/ipv4.ts';
import { isSameNetwork } from '../../protocol/ipv4.ts';
import type { AntEffect, AntResult, AntState, AntWork } from '../../protocol/mdap/ant-conversation.ts';
import { initial, isReply, step } from '../../protocol/mdap/ant-conversation.ts';
import type { AntFact } from '../../protocol/mdap/settings.ts';
import type { Random } from '../../protocol/random.ts';
import { assertNever } from '../../protocol/result.ts';
import type { Lan, LanSocket } from '../lan/lan.ts';
import type { Box } from '../shell/box.ts';
import type { Effect } from '../shell/effect.ts';
import { environment } from '../shell/groups/env.ts';
import { Shell } from '../shell/shell.ts';
import type { Scheduler } from '../time/scheduler.ts';
import type { AntOptionsSettings } from './settings.ts';

export interface MdapParts {
  readonly box: Box;
  readonly lan: Lan;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly settings: AntOptionsSettings;
  /** Milliseconds by which conversations expire: those of the host, however fast simulated time goes. */
  readonly clock: () => number;
  /** It answers searches and nothing else. */
  readonly mute: boolean;
  /** The effect of a command, which follows its answer. */
  readonly perform: (effect: Effect) => void;
  readonly onCommand: (command: string, user: string) => void;
}

export class MdapService {
  readonly #parts: MdapParts;
  #state: AntState = initial;
  #own: LanSocket | undefined;
  #group: { close(): void } | undefined;
  #open = false;
  #readdressing: Promise<void> = Promise.resolve();

  constructor(parts: MdapParts) {
    this.#parts = parts;
  }

  /** Starts to receive at the modem's current address. Rejects when a port cannot be bound. */
  async open(): Promise<void> {
    const { lan, settings, box } = this.#parts;
    this.#open = true;
    await lan.addresses?.(box.addresses());
    const [group, own] = await Promise.all([
      lan.join(settings.group, (bytes, from) => this.#hear(bytes, from, true)),
      lan.open({ address: this.#address, port: settings.group.port }, (bytes, from) =>
        this.#hear(bytes, from, false),
      ),
    ]);
    this.#drop();
    [this.#group, this.#own] = [group, own];
    // It was closed in the meantime.
    if (!this.#open) this.#drop();
  }

  /** The modem's addresses have changed. One change completes before the next starts. */
  readdress(): Promise<void> {
    const before = this.#readdressing;
    const mine = (async () => {
      await before.catch(() => undefined);
      if (this.#open) await this.open();
    })();
    this.#readdressing = mine;
    return mine;
  }

  close(): void {
    this.#open = false;
    this.#state = initial;
    this.#drop();
  }

  get #address(): string {
    return this.#parts.box.addresses()[0]?.address ?? '0.0.0.0';
  }

  #drop(): void {
    this.#own?.close();
    this.#group?.close();
    this.#own = undefined;
    this.#group = undefined;
  }

  get #ant() {
    const { box, settings } = this.#parts;
    const variables = environment(box);
    const { unit, profile } = box.modem.device;
    const who = {
      antId: unit.boardSerial,
      antName: profile.identity.productClass,
      antMac: variables.get('_MACADDR') ?? '',
      hostSetup: variables.get('HOST_SETUP') ?? '',
      tpVersion: variables.get('CONF_TPVERSION') ?? '',
    };
    return { settings: settings.mdap, who };
  }

  #hear(bytes: Uint8Array, from: Endpoint, byGroup: boolean): void {
    const { box, clock, random } = this.#parts;
    if (isReply(bytes) || !box.mdapEnabled) return;
    const local = box.addresses().some(({ address, mask }) => isSameNetwork(address, from.address, mask));
    const arrival = { from, byGroup, local };
    this.#take({ is: 'datagram', bytes, arrival, now: clock(), random: random() });
  }

  #take(event: Parameters<typeof step>[2]): void {
    const { state, effects } = step(this.#ant, this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#do(effect);
  }

  #do(effect: AntEffect): void {
    const { scheduler, settings } = this.#parts;
    switch (effect.do) {
      case 'send': {
        const to = effect.to.is === 'group' ? settings.group : effect.to.host;
        const send = (): void => this.#own?.send(effect.bytes, to);
        if (effect.afterMs > 0) scheduler.after(effect.afterMs, send);
        else send();
        return;
      }
      case 'run':
        if (!this.#parts.mute) this.#run(effect.work);
        return;
      default:
        assertNever(effect);
    }
  }

  #run(work: AntWork): void {
    const { box, clock } = this.#parts;
    const { credentials } = work;
    const known = credentials === undefined || box.check(credentials.user, credentials.password);
    const result: AntResult = known
      ? this.#result(work.command, credentials?.user ?? 'Administrator')
      : { is: 'error', code: -1 };
    this.#take({ is: 'ran', id: work.id, result, now: clock() });
  }

  #result(command: string | undefined, user: string): AntResult {
    const { box, perform, onCommand } = this.#parts;
    if (command === undefined) return { is: 'facts', facts: this.#facts() };
    onCommand(command, user);
    const { code, text, effects } = new Shell(box, user).run(command);
    for (const effect of effects) perform(effect);
    switch (code) {
      case 'ok':
      case 'refused':
        return { is: 'text', text };
      case 'unknown':
      case 'syntax':
        return { is: 'error', code: -3, text };
      case 'denied':
        return { is: 'error', code: -1, text };
      default:
        return assertNever(code);
    }
  }

  #facts(): ReadonlyMap<AntFact, string> {
    const { box, settings } = this.#parts;
    const { device } = box.modem;
    const variables = environment(box);
    return new Map<AntFact, string>([
      ['name', device.profile.identity.productClass],
      ['board', device.profile.identity.board],
      ['serial', device.unit.serial],
      ['mac', variables.get('_MACADDR') ?? ''],
      ['software', device.firmware],
      ['loader', settings.boot.bootVersion],
      ['address', this.#address],
      ['uptime', String(Math.floor(device.uptime / 1000))],
      ['configuration', variables.get('CONF_SERVICE') ?? ''],
    ]);
  }
}
