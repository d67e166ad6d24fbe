"""The outside world of the benchmarks: lines, carriers, hotels, exits of VPNs, and what browsers call themselves. Seeded, without a clock."""

from collections.abc import Callable
from random import Random

DAY = 86_400.0
Address = Callable[[float], str]  # the address that somebody has at this second

DESKTOPS = {
    "Chrome on Windows": 45,
    "Edge on Windows": 15,
    "Firefox on Windows": 12,
    "Safari on Mac OS X": 10,
    "Chrome on Mac OS X": 8,
    "Firefox on Ubuntu": 4,
    "Chrome on Linux": 3,
    "Firefox on Mac OS X": 2,
    "Opera on Windows": 1,
}
PHONES = {"Mobile Safari on iOS": 50, "Chrome Mobile on Android": 34, "Samsung Internet on Android": 11, "Firefox Mobile on Android": 5}
TABLETS = {"Mobile Safari on iOS": 60, "Chrome on Android": 40}


def picked(rng: Random, shares: dict[str, int]) -> str:
    return rng.choices(list(shares), list(shares.values()))[0]


class Provider:
    """Somebody who gives out addresses: some IPv4 /16s, and one IPv6 /32."""

    def __init__(self, rng: Random, prefixes: int) -> None:
        self.prefixes = [prefix(rng) for _number in range(prefixes)]
        self.v6 = f"2{rng.randrange(0x400, 0xC00):03x}:{rng.randrange(0x10000):x}"

    def v4(self, rng: Random) -> str:
        return f"{rng.choice(self.prefixes)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"

    def v6_net(self, rng: Random) -> str:
        return f"{self.v6}:{rng.randrange(0x10000):x}:{rng.randrange(0x10000):x}"


def prefix(rng: Random) -> str:
    """A /16 that may be anywhere."""
    first = rng.choice([number for number in range(11, 223) if number not in (100, 127, 169, 172, 192, 198, 203)])
    return f"{first}.{rng.randrange(256)}"


class World:
    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.providers = [Provider(rng, rng.randrange(1, 7)) for _number in range(40)]
        self.carriers = [Provider(rng, rng.randrange(4, 13)) for _number in range(12)]
        self.far_carriers = [Provider(rng, rng.randrange(2, 9)) for _number in range(60)]
        self.exits = [[Provider(rng, 1) for _number in range(30)] for _vpn in range(4)]
        self.relay = Provider(rng, 40)

    def fixed(self) -> Address:
        """A line with one address."""
        address = self.rng.choice(self.providers).v4(self.rng)
        return lambda at: address

    def home(self) -> Address:
        """A line at home: one address, or a new one every few days, and with IPv6 on every third line, which browsers then use as they like."""
        rng, provider = self.rng, self.rng.choice(self.providers)
        seed, days = rng.randrange(1 << 30), rng.choice([1, 1, 3, 7, 400, 400, 400])
        net = provider.v6_net(rng) if rng.random() < 0.33 else ""

        def address(at: float) -> str:
            if net and rng.random() < 0.5:
                return f"{net}:{rng.randrange(1, 0x10000):x}:{rng.randrange(0x10000):x}:{rng.randrange(0x10000):x}:{rng.randrange(1, 0x10000):x}"
            return provider.v4(Random(seed + int(at / DAY / days)))

        return address

    def mobile(self, far: bool = False) -> Address:
        """A carrier's net: a new address each time, from any of its networks."""
        carrier = self.rng.choice(self.far_carriers if far else self.carriers)
        dual = self.rng.random() < 0.4
        return lambda at: (
            f"{carrier.v6_net(self.rng)}::{self.rng.randrange(1, 0x10000):x}" if dual and self.rng.random() < 0.6 else carrier.v4(self.rng)
        )

    def vpn(self) -> Address:
        """Another exit each time, anywhere."""
        exits = self.rng.choice(self.exits)
        return lambda at: self.rng.choice(exits).v4(self.rng)

    def relayed(self) -> Address:
        """A relay that hides addresses, as some browsers use one."""
        return lambda at: self.relay.v4(self.rng)


class Browser:
    """One browser on one device. It is known to the site from its second log-in on, if it keeps cookies."""

    def __init__(self, words: str, keeps: bool = True) -> None:
        self.words, self.keeps, self.known = words, keeps, False
