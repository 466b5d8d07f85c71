"""Which links are looked up, which addresses may be spoken to, and what is shown of a page: rules, without a network."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.errors import ChatError, Reason
from svc_files.core.addresses import is_public
from svc_files.core.pages import MAX_DESCRIPTION, MAX_TITLE, absolute, checked_link, page_of

FORBIDDEN = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.255.255.254"),
    *("169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.171", "192.0.2.1", "192.88.99.1"),
    *("192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255"),
    *("240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1"),
    *(
        "64:ff9b::808:808",
        "64:ff9b:1::a00:1",
        "100::1",
        "fe80::1",
        "fe80::1%eth0",
        "2606:4700::1%eth0",
        "fec0::1",
        "fc00::1",
        "fd12:3456::1",
    ),
    *(
        "fd12:3456::1",
        "ff02::1",
        "ff0e::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
    ),
    *("2001:db8::1", "2002:7f00:1::1", "2002:a00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "4000::1"),
]
"""Addresses that are none of the public internet, in every disguise that there is."""
PUBLIC = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.0.1.1", "223.255.255.255"]
PUBLIC += ["2606:4700:4700::1111", "2001:4860:4860::8888", "2a00:1450:4001:830::200e", "2400:cb00::1"]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_what_is_not_of_the_public_internet_may_not_be_spoken_to(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_may(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.ip_addresses())
def test_nothing_is_public_that_the_registry_of_special_addresses_knows(address: object) -> None:
    one = ip_address(str(address))
    assert not is_public(one) or (one.is_global and not one.is_multicast and not one.is_reserved and not one.is_link_local)


LINKS = {
    "https://example.org": "https://example.org/",
    "HTTPS://Example.ORG:443/a?b=c#d": "https://example.org/a?b=c",
    "http://example.org:80/": "http://example.org/",
    "http://1.2.3.4/": "http://1.2.3.4/",
    "http://[2606:4700::1]/": "http://[2606:4700::1]/",
    "https://bücher.example/": "https://xn--bcher-kva.example/",
    "https://example.org./": "https://example.org./",
}


@pytest.mark.parametrize("link", LINKS)
def test_a_link_of_the_web_is_looked_up(link: str) -> None:
    assert str(checked_link(link)) == LINKS[link]


@pytest.mark.parametrize(
    "link",
    [
        *("", " ", "x", "//example.org/", "/path", "example.org", "http://", "http:///x", "http:/example.org"),
        *(
            "ftp://example.org/",
            "file:///etc/passwd",
            "gopher://example.org/",
            "javascript:alert(1)",
            "data:text/html,x",
            "ws://example.org/",
        ),
        *(
            "http://example.org:8080/",
            "https://example.org:80/",
            "http://example.org:443/",
            "http://example.org:22/",
            "http://example.org:x/",
        ),
        *("http://user@example.org/", "http://user:word@example.org/", "http://:word@example.org/", "http://example.org@127.0.0.1/"),
        *(
            "http://localhost/",
            "http://redis/",
            "http://127.1/",
            "http://127.0.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0/",
        ),
        *("http://0x7f.1/", "http://0177.0.0.1/", "http://127.0.0.0x1/", "http://127.000.000.001/", "http://1.2.3.4./", "http://1.2.3/"),
        *("http://example.1/", "http://example.0x1/", "http://127.0.0.1.0x/", "http://a..b/", "http://-a.example/", "http://a-.example/"),
        *(
            "http://[::1",
            "http://[1.2.3.4]/",
            "http://[::1]x/",
            "http://exa mple.org/",
            "http://example.org\\@127.0.0.1/",
        ),
        "http://example.org/" + "x" * 2048,
    ],
)
def test_whatever_can_be_misread_is_no_link(link: str) -> None:
    with pytest.raises(ChatError) as refused:
        checked_link(link)
    assert refused.value.reason is Reason.INVALID_ARGUMENT


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_does_worse_than_being_no_link(text: str, rest: str) -> None:
    for one in (text, f"http://{text}/{rest}", f"https://{text}.example/{rest}"):
        try:
            link = checked_link(one)
            absolute(link, rest)
        except ChatError as error:
            assert error.reason is Reason.INVALID_ARGUMENT
        else:
            assert (link.scheme, link.port) in {("http", 80), ("https", 443)}
            assert link.user is None


def test_a_link_of_a_page_leads_from_where_the_page_is() -> None:
    base = checked_link("https://example.org/a/b")
    assert str(absolute(base, " c.png ")) == "https://example.org/a/c.png"
    assert str(absolute(base, "//cdn.example/c.png")) == "https://cdn.example/c.png"
    for link in ("//127.1/c.png", "javascript:x", "http://localhost/"):
        with pytest.raises(ChatError):
            absolute(base, link)


def test_what_a_page_says_of_itself_is_a_few_lines() -> None:
    page = page_of({"og:title": "  A\n title\u202e\x00 ", "title": "other", "description": "d" * 1000, "og:image": " /x.png "})
    assert page is not None
    assert (page.title, page.site_name, page.image) == ("A title", "", "/x.png")
    assert (len(page.description), page.description[-1]) == (MAX_DESCRIPTION, "…")
    long = page_of({"title": "t" * 300})
    assert long is not None
    assert len(long.title) == MAX_TITLE
    for nothing in ({}, {"og:title": " "}, {"description": "d", "og:image": "/x.png"}):
        assert page_of(nothing) is None
