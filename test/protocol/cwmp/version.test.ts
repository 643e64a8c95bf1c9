import t from 'tap';
import {
  chooseVersion,
  concludeVersion,
  looksLikeOldAcs,
  namespaceOfVersion,
  speaks,
  versionOfNamespace,
} from '../../../protocol/cwmp/version.ts';
import { faultOf } from '../../support/each-rpc.ts';

const ns = (minor: number): string => `urn:dslforum-org:cwmp-1-${minor}`;
const ALL = ['1.0', '1.1', '1.2', '1.3', '1.4'];

t.test('an ACS of 1.4 takes the newest listed version that it speaks, and tells it', async (t) => {
  const choose = (list: string[], ours = ALL) => chooseVersion(ours, { SupportedCWMPVersions: list }, ns(2));
  t.strictSame(choose(ALL), { ok: true, version: '1.4', namespace: ns(2), tell: true });
  t.strictSame(choose(['1.3', '1.0', '1.1']), { ok: true, version: '1.3', namespace: ns(2), tell: true });
  t.strictSame(choose(['1.2', '9.9'], ['1.0', '1.2', '1.4']), {
    ok: true,
    version: '1.2',
    namespace: ns(2),
    tell: true,
  });
});

t.test('a list without a version that the ACS speaks gets fault 8006', async (t) => {
  const choice = chooseVersion(['1.4'], { SupportedCWMPVersions: ['1.0', '1.2'] }, ns(2));
  t.equal(!choice.ok && choice.fault.FaultCode, 8006);
});

t.test('without a list the namespace tells the version, and SessionTimeout tells 1.3 from 1.2', async (t) => {
  const choose = (namespace: string, header = {}) => chooseVersion(ALL, header, namespace);
  t.strictSame(choose(ns(0)), { ok: true, version: '1.0', namespace: ns(0), tell: false });
  t.strictSame(choose(ns(1)), { ok: true, version: '1.1', namespace: ns(1), tell: false });
  t.strictSame(choose(ns(2)), { ok: true, version: '1.2', namespace: ns(2), tell: false });
  t.strictSame(choose(ns(2), { SessionTimeout: 30 }), {
    ok: true,
    version: '1.3',
    namespace: ns(2),
    tell: false,
  });
  t.strictSame(choose(ns(0), { SessionTimeout: 30 }), {
    ok: true,
    version: '1.0',
    namespace: ns(0),
    tell: false,
  });
  t.strictSame(choose(ns(2), { SupportedCWMPVersions: [''] }).ok, true, 'an empty list is none');
});

t.test('a namespace that nobody defined is echoed', async (t) => {
  t.strictSame(chooseVersion(ALL, {}, ns(3)), { ok: true, version: '1.3', namespace: ns(3), tell: false });
  t.strictSame(chooseVersion(ALL, {}, ns(7)), { ok: true, version: '1.4', namespace: ns(7), tell: false });
  t.strictSame(chooseVersion(['1.2'], {}, ns(3)), {
    ok: true,
    version: '1.2',
    namespace: ns(3),
    tell: false,
  });
});

t.test('an older ACS does not know the list and answers in its own namespace', async (t) => {
  const header = { SupportedCWMPVersions: ALL };
  t.strictSame(chooseVersion(['1.0'], header, ns(2)), {
    ok: true,
    version: '1.0',
    namespace: ns(0),
    tell: false,
  });
  t.strictSame(chooseVersion(['1.0', '1.1'], {}, ns(2)), {
    ok: true,
    version: '1.1',
    namespace: ns(1),
    tell: false,
  });
  t.strictSame(chooseVersion(['1.2'], header, ns(0)), {
    ok: true,
    version: '1.0',
    namespace: ns(0),
    tell: false,
  });
});

t.test(
  'a CPE takes an offered version, refuses another, and else goes by the namespace of the answer',
  async (t) => {
    const conclude = (offered: string[], own: number, answer: number, version?: string) =>
      concludeVersion(offered, ns(own), {
        namespace: ns(answer),
        header: version === undefined ? {} : { UseCWMPVersion: version },
      });
    t.strictSame(conclude(ALL, 2, 2, '1.1'), { ok: true, version: '1.1', namespace: ns(2) });
    t.strictSame(conclude(['1.4'], 2, 2, '1.1'), { ok: false });
    t.strictSame(conclude(['1.4', '7.0'], 2, 2, '7.0'), { ok: false }, 'not one that it invented');
    t.strictSame(conclude(ALL, 2, 0), { ok: true, version: '1.0', namespace: ns(0) });
    t.strictSame(conclude(ALL, 2, 1), { ok: true, version: '1.1', namespace: ns(1) });
    t.strictSame(conclude(ALL, 2, 2), { ok: true, version: '1.2', namespace: ns(2) });
    t.strictSame(conclude([], 0, 0), { ok: true, version: '1.0', namespace: ns(0) });
    t.strictSame(conclude([], 0, 2), { ok: true, version: '1.0', namespace: ns(0) }, 'nobody is drawn up');
    t.strictSame(
      conclude([], 1, 1, '1.4'),
      { ok: true, version: '1.1', namespace: ns(1) },
      'a header it does not know',
    );
  },
);

t.test('versions, namespaces and RPCs belong together', async (t) => {
  t.equal(versionOfNamespace('http://example.org/'), undefined);
  t.equal(versionOfNamespace(`${ns(1)}0`), undefined);
  t.strictSame((['1.0', '1.1', '1.2', '1.3', '1.4'] as const).map(namespaceOfVersion), [
    ns(0),
    ns(1),
    ns(2),
    ns(2),
    ns(2),
  ]);
  t.strictSame(
    [speaks('1.1', 'ChangeDUState'), speaks('1.2', 'ChangeDUState'), speaks('1.0', 'Inform')],
    [false, true, true],
  );
  t.strictSame([looksLikeOldAcs(faultOf(8003)), looksLikeOldAcs(faultOf(8004))], [true, false]);
});
