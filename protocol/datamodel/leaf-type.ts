/**
 * Types of TR-098 and TR-104 parameters, and of Thomson's X_000E50 ones, for modems that write values without
 * a type (Q-AT-08). Those of X_000E50 names are guesses: the modems that have them do not say. Names that are
 * not listed are strings.
 */
import type { ValueType } from '../cwmp/parameter-value.ts';

/** Below InternetGatewayDevice: `object: letter name name; letter name`, `.` for the root itself. */
const TYPES = `
.: u LANDeviceNumberOfEntries WANDeviceNumberOfEntries
LANDevice.{i}: u LANEthernetInterfaceNumberOfEntries
LANDevice.{i}.WLANConfiguration.{i}: u Channel WEPKeyIndex TotalPSKFailures TotalIntegrityFailures
  DistanceFromRoot TotalBytesSent TotalBytesReceived TotalPacketsSent TotalPacketsReceived
  TotalAssociations; b Enable MACAddressControlEnabled InsecureOOBAccessEnabled
  BeaconAdvertisementEnabled RadioEnabled AutoRateFallbackEnabled
LANDevice.{i}.Hosts: u HostNumberOfEntries
LANDevice.{i}.Hosts.Host.{i}: b Active; i LeaseTimeRemaining
LANDevice.{i}.LANHostConfigManagement: u DHCPOptionNumberOfEntries
  DHCPConditionalServingNumberOfEntries IPInterfaceNumberOfEntries; b DHCPServerEnable DHCPRelay
  DHCPConditionalServing; i DHCPLeaseTime
LANDevice.{i}.LANHostConfigManagement.DHCPConditionalServingPool.{i}: u DHCPOptionNumberOfEntries; i
  DHCPLeaseTime
LANDevice.{i}.LANEthernetInterfaceConfig.{i}: b Enable MACAddressControlEnabled
WANDevice.{i}: u WANConnectionNumberOfEntries
WANDevice.{i}.WANConnectionDevice.{i}.WANDSLLinkConfig: u ATMPeakCellRate ATMMaximumBurstSize
  ATMSustainableCellRate; b Enable
WANDevice.{i}.WANConnectionDevice.{i}.WANPPPConnection.{i}: u Uptime MaxMRUSize CurrentMRUSize; b
  NATEnabled DNSEnabled DNSOverrideAllowed Enable
WANDevice.{i}.WANConnectionDevice.{i}.WANPPPConnection.{i}.PortMapping.{i}: u
  PortMappingLeaseDuration ExternalPort X_000E50_ExternalPortEnd InternalPort
  X_000E50_InternalPortEnd; b PortMappingEnabled
WANDevice.{i}.WANDSLInterfaceConfig: u InterleaveDepth UpstreamCurrRate DownstreamCurrRate
  UpstreamMaxRate DownstreamMaxRate ATURANSIStd ATURANSIRev ATUCANSIStd ATUCANSIRev; b Enable; i
  LineNumber UpstreamNoiseMargin DownstreamNoiseMargin UpstreamAttenuation DownstreamAttenuation
  UpstreamPower DownstreamPower
WANDevice.{i}.WANCommonInterfaceConfig: u Layer1UpstreamMaxBitRate Layer1DownstreamMaxBitRate
  TotalBytesSent TotalBytesReceived
DeviceConfig: b X_000E50_AutoSave
Layer2Bridging: u MaxBridgeEntries MaxFilterEntries BridgeNumberOfEntries
  AvailableInterfaceNumberOfEntries FilterNumberOfEntries
Layer2Bridging.Bridge.{i}: u BridgeKey; b BridgeEnable
Layer2Bridging.AvailableInterface.{i}: u AvailableInterfaceKey
Layer2Bridging.Filter.{i}: u FilterKey; b FilterEnable; i BridgeReference
Layer3Forwarding: u ForwardNumberOfEntries
Layer3Forwarding.Forwarding.{i}: i ForwardingMetric
ManagementServer: u PeriodicInformInterval; b PeriodicInformEnable UpgradesManaged; d
  PeriodicInformTime
X_000E50_Firewall: u LevelNumberOfEntries ChainNumberOfEntries; b Enable
X_000E50_Firewall.Level.{i}: u Order; b ReadOnly RespondToPing
X_000E50_Firewall.Chain.{i}: u RuleNumberOfEntries
X_000E50_Firewall.Chain.{i}.Rule.{i}: u Order; b SourceIPExclude DestinationIPExclude
  SourceInterfaceExclude DestinationInterfaceExclude ProtocolExclude SourcePortExclude
  DestinationPortExclude Enable; i SourcePort SourcePortRangeEnd DestinationPort
  DestinationPortRangeEnd
DeviceInfo: u UpTime VendorConfigFileNumberOfEntries; b X_000E50_SIMLocked
DeviceInfo.VendorConfigFile.{i}: d Date
Time: b DaylightSavingsUsed X_000E50_Enable; d CurrentLocalTime DaylightSavingsStart
  DaylightSavingsEnd
Services.X_000E50_NATApplicationList: u ApplicationNumberOfEntries
Services.X_000E50_NATApplicationList.Application.{i}: u RuleNumberOfEntries
Services.X_000E50_NATApplicationList.Application.{i}.Rule.{i}: u InternalPort ExternalPort
  ExternalPortRangeEnd
Services.X_000E50_DynamicDNS: u ServiceNumberOfEntries ClientNumberOfEntries
Services.X_000E50_DynamicDNS.Service.{i}: u ServerPort UpdateInterval RetryInterval MaxRetries
Services.VoiceService.{i}: u VoiceProfileNumberOfEntries
Services.VoiceService.{i}.Capabilities: u MaxProfileCount MaxLineCount MaxSessionsPerLine
  MaxSessionCount; b RTCP SRTP RTPRedundancy DSCPCoupled EthernetTaggingCoupled PSTNSoftSwitchOver
  FaxT38 FaxPassThrough ModemPassThrough ToneGeneration RingGeneration DigitMap NumberingPlan
  ButtonMap VoicePortTests
Services.VoiceService.{i}.Capabilities.SIP: b EventSubscription ResponseMap
Services.VoiceService.{i}.Capabilities.Codecs.{i}: u EntryID BitRate; b SilenceSuppression
Services.VoiceService.{i}.VoiceProfile.{i}: u NumberOfLines MaxSessions; b Reset PSTNFailOver
Services.VoiceService.{i}.VoiceProfile.{i}.SIP: u ProxyServerPort RegistrarServerPort UserAgentPort
  OutboundProxyPort RegistrationPeriod TimerT1 TimerT2 TimerT4 TimerA TimerB TimerC TimerD TimerE
  TimerF TimerG TimerH TimerI TimerJ TimerK InviteExpires ReInviteExpires RegisterExpires
  RegistersMinExpires RegisterRetryInterval DSCPMark SIPEventSubscribeNumberOfElements
  SIPResponseMapNumberOfElements; b UseCodecPriorityInSDPResponse
Services.VoiceService.{i}.VoiceProfile.{i}.MGCP: u CallAgentPort1 CallAgentPort2 RetranIntervalTimer
  MaxRetranCount LocalPort DSCPMark; b AllowPiggybackEvents SendRSIPImmediately; i VLANIDMark
  EthernetPriorityMark
Services.VoiceService.{i}.VoiceProfile.{i}.RTP: u LocalPortMin LocalPortMax DSCPMark
Services.VoiceService.{i}.VoiceProfile.{i}.NumberingPlan: u PrefixInfoMaxEntries
  PrefixInfoNumberOfEntries
Services.VoiceService.{i}.VoiceProfile.{i}.NumberingPlan.PrefixInfo.{i}: u PrefixMinNumberOfDigits
  PrefixMaxNumberOfDigits NumberOfDigitsToRemove PosOfDigitsToRemove
Services.VoiceService.{i}.VoiceProfile.{i}.FaxT38: u HighSpeedRedundancy LowSpeedRedundancy; b
  Enable
Services.VoiceService.{i}.VoiceProfile.{i}.Line.{i}.CallingFeatures: u MaxSessions; b CallerIDEnable
  CallerIDNameEnable CallWaitingEnable CallForwardUnconditionalEnable CallForwardOnBusyEnable
  CallForwardOnNoAnswerEnable CallTransferEnable MWIEnable AnonymousCalEnable CallReturnEnable
Services.VoiceService.{i}.VoiceProfile.{i}.Line.{i}.VoiceProcessing: u EchoCancellationTail; b
  EchoCancellationEnable
Services.VoiceService.{i}.VoiceProfile.{i}.Line.{i}.CodecList.{i}: u EntryID BitRate Priority; b
  SilenceSuppression Enable
Services.VoiceService.{i}.VoiceProfile.{i}.Line.{i}.Session.{i}: u SessionDuration; d
  SessionStartTime
Services.VoiceService.{i}.PhyInterface.{i}: u InterfaceID
IPPingDiagnostics: u NumberOfRepetitions Timeout DataBlockSize DSCP SuccessCount FailureCount
  AverageResponseTime MinimumResponseTime MaximumResponseTime
WANDevice.{i}.WANConnectionDevice.{i}.WANIPConnection.{i}: u Uptime MaxMTUSize
  PortMappingNumberOfEntries; b Enable NATEnabled DNSEnabled DNSOverrideAllowed
`;

const LETTERS: Readonly<Record<string, ValueType>> = {
  u: 'unsignedInt',
  i: 'int',
  b: 'boolean',
  d: 'dateTime',
};

const byName: ReadonlyMap<string, ValueType> = new Map(
  TYPES.replace(/\n {2}/g, ' ')
    .trim()
    .split('\n')
    .flatMap(entriesOf),
);

function entriesOf(line: string): (readonly [string, ValueType])[] {
  const [object = '', lists = ''] = line.split(': ');
  const stem = object === '.' ? '' : `${object}.`;
  return lists.split('; ').flatMap((list) => {
    const [letter = '', ...names] = list.split(' ');
    const type = LETTERS[letter];
    return type === undefined ? [] : names.map((name) => [`${stem}${name}`, type] as const);
  });
}

/** The data model's type of a parameter; `undefined` when it has none here or is a string. */
export function leafType(name: string): ValueType | undefined {
  const root = name.indexOf('.');
  return byName.get(name.slice(root + 1).replace(/\.\d+(?=\.)/g, '.{i}'));
}
