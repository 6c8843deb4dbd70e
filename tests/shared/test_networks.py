"""Which of its addresses a machine takes for what, and which it leaves out."""

import sys
from ipaddress import ip_address

import pytest

from shared import networks
from shared.networks import Use, Way, own_ways


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The names and addresses of this machine's network cards; the first is the way out."""
    given: list[tuple[str, str]] = []

    def main_address(version: int) -> object:
        found = [ip_address(address) for _, address in given]
        ways_out = (each for each in found if each.version == version and not each.is_loopback)
        return next(ways_out, None)

    monkeypatch.setattr(
        networks, "_cards", lambda: [(name, ip_address(address)) for name, address in given]
    )
    monkeypatch.setattr(networks, "_main_address", main_address)
    return given


@pytest.mark.parametrize(
    ("card", "use"),
    [
        ("eth1", Use.OTHER),
        ("enp3s0", Use.OTHER),
        ("wlp2s0", Use.OTHER),
        ("wlan1", Use.OTHER),
        ("en1", Use.OTHER),
        ("Wi-Fi 2", Use.OTHER),
        ("Ethernet 3", Use.OTHER),
        ("br0", Use.OTHER),
        ("bridge0", Use.OTHER),
        ("bond0", Use.OTHER),
        ("tapestry", Use.OTHER),
        ("docker0", Use.INSIDE),
        ("br-4f1c0a9b8d7e", Use.INSIDE),
        ("veth12ab", Use.INSIDE),
        ("virbr0", Use.INSIDE),
        ("bridge100", Use.INSIDE),
        ("vmnet8", Use.INSIDE),
        ("VirtualBox Host-Only Network", Use.INSIDE),
        ("vEthernet (WSL (Hyper-V firewall))", Use.INSIDE),
        ("vEthernet (Default Switch)", Use.INSIDE),
        ("vEthernet (External)", Use.OTHER),
        ("tun0", Use.VPN),
        ("wg0", Use.VPN),
        ("utun4", Use.VPN),
        ("tailscale0", Use.VPN),
        ("School VPN", Use.VPN),
        ("OpenVPN Wintun", Use.VPN),
    ],
)
def test_a_card_is_told_by_its_name(cards: list[tuple[str, str]], card: str, use: Use) -> None:
    cards += [("eth0", "192.168.1.20"), (card, "10.5.0.9")]
    assert Way(ip_address("10.5.0.9"), card, use) in own_ways()


def test_the_best_comes_first_and_what_reaches_nobody_is_left_out(
    cards: list[tuple[str, str]],
) -> None:
    cards += [
        ("wlan0", "192.168.1.20"),
        ("docker0", "172.17.0.1"),
        ("lo", "127.0.0.1"),
        ("lo", "::1"),
        ("tun0", "10.8.0.2"),
        ("eth1", "169.254.7.7"),
        ("eth0", "10.0.5.3"),
        ("wlan0", "2001:db8:1::20"),
        ("wlan0", "2001:db8:1::dead"),
        ("wlan0", "fe80::1"),
    ]
    assert [(str(way.address), way.use) for way in own_ways()] == [
        ("192.168.1.20", Use.MAIN),
        ("2001:db8:1::20", Use.MAIN_IPV6),
        ("10.0.5.3", Use.OTHER),
        ("10.8.0.2", Use.VPN),
        ("169.254.7.7", Use.NO_ROUTER),
        ("172.17.0.1", Use.INSIDE),
    ]
    assert not [way for way in own_ways(with_ipv6=False) if way.address.version == 6]


def test_a_vpn_through_which_everything_goes_is_one_all_the_same(
    cards: list[tuple[str, str]],
) -> None:
    cards += [("tun0", "10.8.0.2"), ("wlan0", "192.168.1.20")]
    assert [way.card for way in own_ways()] == ["wlan0", "tun0"]


def test_a_virtual_switch_that_holds_the_real_card_is_the_way(
    cards: list[tuple[str, str]],
) -> None:
    cards += [("vEthernet (Default Switch)", "192.168.1.20")]
    assert [way.use for way in own_ways()] == [Use.MAIN]


def test_without_the_library_only_the_way_out_is_known(
    cards: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    cards += [("eth0", "192.168.1.20"), ("eth0", "2001:db8:1::20")]
    monkeypatch.undo()
    monkeypatch.setattr(networks, "_main_address", lambda version: None)
    monkeypatch.setitem(sys.modules, "ifaddr", None)
    assert own_ways() == []
    monkeypatch.setattr(
        networks, "_main_address", lambda version: ip_address(cards[version == 6][1])
    )
    assert [str(way.address) for way in own_ways()] == ["192.168.1.20", "2001:db8:1::20"]
