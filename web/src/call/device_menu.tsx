import { useId } from "react";
import { speakersCanBeChosen, useDevices } from "./devices";

interface DeviceListProps {
  kind: MediaDeviceKind;
  title: string;
  chosen: string | undefined;
  allowed: boolean;
  onChoose: (id: string) => void;
}

/** The devices of one kind, one of them chosen. */
export function DeviceList({ kind, title, chosen, allowed, onChoose }: DeviceListProps) {
  const group = useId();
  const devices = useDevices(kind, allowed);
  if (kind === "audiooutput" && !speakersCanBeChosen) return null;
  const current = devices.some((each) => each.deviceId === chosen) ? chosen : devices[0]?.deviceId;
  return (
    <fieldset className="devices">
      <legend>{title}</legend>
      {devices.length === 0 && <p className="nothing">None found</p>}
      {devices.map((device, index) => (
        <label key={device.deviceId}>
          <input
            type="radio"
            name={group}
            checked={device.deviceId === current}
            onChange={() => onChoose(device.deviceId)}
          />
          <span>{device.label || `${title} ${index + 1}`}</span>
        </label>
      ))}
    </fieldset>
  );
}
