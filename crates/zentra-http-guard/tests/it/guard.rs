//! The address guard: hostile literals and URLs, one row each.

use std::net::IpAddr;
use zentra_events::Code;
use zentra_http_guard::{GuardPolicy, check_address, check_url, check_way};

fn allowing(networks: &[&str]) -> GuardPolicy {
    GuardPolicy::with_allowed(networks.iter().map(|network| network.parse().unwrap()).collect())
}

fn code(url: &str, policy: &GuardPolicy) -> Option<Code> {
    check_url(url, policy).err().map(|refusal| refusal.code)
}

/// Hosts that lead inside, in every spelling that a parser reads as an address.
const HOSTILE_LITERALS: [&str; 46] = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "127.0x0.0.01",
    "%31%32%37.0.0.1",
    "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
    "\u{2460}\u{2461}\u{2466}.0.0.1",
    "127\u{3002}0\u{3002}0\u{3002}1",
    "127.255.255.254",
    "0",
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:7f00:1::1]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "[fe80::1]",
    "[fd00:ec2::254]",
];

#[test]
fn hostile_literals_are_forbidden_with_every_scheme_and_port() {
    let elsewhere = allowing(&["192.168.77.0/24"]);
    for host in HOSTILE_LITERALS {
        for (scheme, port) in [("https", ""), ("http", ""), ("https", ":8443"), ("http", ":80")] {
            let url = format!("{scheme}://{host}{port}/hook");
            for policy in [&GuardPolicy::default(), &elsewhere] {
                assert_eq!(code(&url, policy), Some(Code::UrlForbiddenAddress), "{url}");
            }
        }
    }
}

#[test]
fn urls_are_refused_for_their_form() {
    let long_label = format!("https://{}.example/", "a".repeat(64));
    let long_host = format!("https://{}example/", "abcdefghi.".repeat(26));
    let long_url = format!("https://a.example/{}", "x".repeat(5000));
    let grows = format!("https://a.example/{}", "\u{e9}".repeat(800));
    let rows = [
        "",
        " ",
        "hooks.example.com",
        "/hook",
        "//a.example/",
        "http://a.example/",
        "ftp://a.example/",
        "file:///etc/passwd",
        "gopher://a.example/",
        "data:text/plain,x",
        "javascript:alert(1)",
        "unix:/run/x.sock",
        "https://",
        "https:///",
        "https://:443/",
        "https://user@a.example/",
        "https://user:password@a.example/",
        "https://:password@a.example/",
        "https://a.example/#top",
        "https://a.example/#",
        "https://a.example:0/",
        "https://a.example:80/",
        "https://a.example:8443/",
        "https://a.example:65536/",
        "https://a..example/",
        "https://a.example../",
        "https://.a.example/",
        "https://-a.example/",
        "https://a-.example/",
        "https://a!b.example/",
        "https://a b.example/",
        "https://a.example/x\ty",
        "https://a.exam\nple/",
        "https:\\\\a.example\\",
        "https://a.example/\0",
        "https://a.example/\u{a0}",
        "https://256.256.256.256/",
        "https://1.2.3.4.5/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "http://93.184.215.14/",
        "https://93.184.215.14:8443/",
        &long_label,
        &long_host,
        &long_url,
        &grows,
    ];
    for url in rows {
        assert_eq!(code(url, &GuardPolicy::default()), Some(Code::UrlNotAllowed), "{url:?}");
    }
}

#[test]
fn names_of_this_machine_and_of_metadata_services_are_forbidden() {
    let local = ["localhost", "LOCALHOST", "localhost.", "a.localhost", "ip6-localhost"];
    let metadata = ["metadata.google.internal", "metadata.google.internal.", "instance-data"];
    for host in local.into_iter().chain(metadata) {
        let url = format!("https://{host}/");
        let forbidden = Some(Code::UrlForbiddenAddress);
        assert_eq!(code(&url, &GuardPolicy::default()), forbidden, "{url}");
        assert_eq!(code(&url, &allowing(&["10.0.0.0/8"])), forbidden, "{url}");
        let is_local = local.contains(&host);
        assert_eq!(code(&url, &allowing(&["127.0.0.0/8"])).is_none(), is_local, "{url}");
        assert_eq!(code(&url, &allowing(&["169.254.0.0/16"])).is_none(), !is_local, "{url}");
    }
}

#[test]
fn urls_are_normalised() {
    let rows = [
        ("https://Hooks.Example.COM", "https://hooks.example.com/"),
        ("HTTPS://a.example:443/x", "https://a.example/x"),
        ("https://a.example./x", "https://a.example/x"),
        ("https://a.example/a/../b?q=1", "https://a.example/b?q=1"),
        ("https://b\u{fc}cher.example/", "https://xn--bcher-kva.example/"),
        ("https://a_b.example/", "https://a_b.example/"),
        ("https://93.184.215.14/", "https://93.184.215.14/"),
        ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
        ("https://[64:ff9b::808:808]/", "https://[64:ff9b::808:808]/"),
        ("https://127.0.0.1.nip.io/", "https://127.0.0.1.nip.io/"),
    ];
    for (url, expected) in rows {
        let normal = check_url(url, &GuardPolicy::default()).unwrap();
        assert_eq!(normal.as_str(), expected);
        let again = check_url(normal.as_str(), &GuardPolicy::default()).unwrap();
        assert_eq!(again, normal, "normalising twice changes nothing");
    }
}

#[test]
fn an_allow_list_opens_its_networks_and_no_others() {
    let policy = allowing(&["127.0.0.0/8"]);
    for url in ["http://127.0.0.1:8080/x", "https://127.9.9.9/", "http://receiver.test:81/"] {
        assert_eq!(code(url, &policy), None, "{url}");
    }
    let rows = [
        ("http://10.0.0.1/", Code::UrlForbiddenAddress),
        ("http://[::1]:8080/", Code::UrlForbiddenAddress),
        ("http://[::ffff:127.0.0.1]/", Code::UrlForbiddenAddress),
        ("http://93.184.215.14/", Code::UrlNotAllowed),
        ("https://93.184.215.14:8443/", Code::UrlNotAllowed),
        ("http://127.0.0.1:0/", Code::UrlNotAllowed),
        ("ftp://127.0.0.1/", Code::UrlNotAllowed),
    ];
    for (url, expected) in rows {
        assert_eq!(code(url, &policy), Some(expected), "{url}");
    }
    assert_eq!(code("http://a.example/", &allowing(&[])), Some(Code::UrlNotAllowed));
}

#[test]
fn an_allow_list_opens_http_and_ports_for_what_is_inside_it_alone() {
    let policy = allowing(&["127.0.0.0/8", "fd00::/8"]);
    let way =
        |address: &str, secure, port| check_way(address.parse().unwrap(), secure, port, &policy);
    for inside in ["127.0.0.1", "127.255.0.9", "fd00::1"] {
        assert!(way(inside, false, 80) && way(inside, false, 8080) && way(inside, true, 8443));
    }
    for public in ["8.8.8.8", "93.184.215.14", "2606:4700::1111"] {
        assert!(way(public, true, 443), "{public}");
        for (secure, port) in [(false, 80), (false, 443), (false, 8080), (true, 80), (true, 22)] {
            assert!(!way(public, secure, port), "{public} {secure} {port}");
        }
    }
}

#[test]
fn every_resolved_address_is_judged() {
    let rows = [
        ("8.8.8.8", true),
        ("93.184.215.14", true),
        ("126.255.255.255", true),
        ("128.0.0.1", true),
        ("172.15.255.255", true),
        ("172.32.0.0", true),
        ("100.63.255.255", true),
        ("100.128.0.0", true),
        ("223.255.255.255", true),
        ("2606:4700::1111", true),
        ("2a00:1450:4001::1", true),
        ("64:ff9b::8.8.8.8", true),
        ("127.0.0.1", false),
        ("192.88.99.1", false),
        ("64:ff9b::10.0.0.1", false),
        ("64:ff9b:1::8.8.8.8", false),
        ("::ffff:8.8.8.8", false),
        ("100::1", false),
        ("2001:1ff::1", false),
        ("2001:db8::1", false),
        ("2002:808:808::1", false),
        ("3fff::1", false),
        ("4000::1", false),
        ("5f00::1", false),
        ("fc00::1", false),
        ("fec0::1", false),
        ("ff02::1", false),
    ];
    for (address, passes) in rows {
        let address: IpAddr = address.parse().unwrap();
        let judged = check_address(address, &GuardPolicy::default());
        assert_eq!(judged.is_ok(), passes, "{address}");
    }
    let inside = allowing(&["10.0.0.0/8", "fd00::/8"]);
    for (address, passes) in [("10.1.2.3", true), ("fd00::1", true), ("192.168.0.1", false)] {
        let address: IpAddr = address.parse().unwrap();
        assert_eq!(check_address(address, &inside).is_ok(), passes, "{address}");
    }
}
