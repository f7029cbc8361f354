//! Disks that are full for a while. On a small tmpfs where this machine lets the test mount one (root); everywhere under a
//! limit of the size of files (RLIMIT_FSIZE), which cuts writes in the middle just as a full disk does.

use std::{fs, io::Write, path::PathBuf, process::Command, time::Duration};

use loadd_tests::{Loadd, Receiver, Reply, wait_for};

use crate::{
    judge::{Page, Story},
    lane::{Lane, Plan, Work, side_by_side},
};

/// A mounted tmpfs; unmounted with its handle.
struct Tmpfs(PathBuf);

impl Tmpfs {
    fn mount(path: PathBuf, size: &str) -> Option<Tmpfs> {
        fs::create_dir_all(&path).expect("a folder to mount on");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(&path)
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(Tmpfs(path))
    }

    /// Writes a file until nothing more goes in.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("ballast");
        let mut file = fs::File::create(&path).expect("a file on an empty disk");
        while file.write_all(&[0; 512]).is_ok() {}
        path
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _gone_with_the_machine = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

/// The receiver is away and the disk is full; both come back; nothing is lost.
fn full_for_a_while() {
    let lane = Lane::new();
    let Some(disk) = Tmpfs::mount(lane.room.join("disk"), "1m") else {
        eprintln!("no tmpfs can be mounted here: the disk is full by RLIMIT_FSIZE alone");
        return;
    };
    let receiver = Receiver::start([], Reply::status(503));
    let plan = Plan {
        rate: 60,
        seconds: 8,
        url: &receiver.write_url(),
        spool: "spool = { path = \"disk/spool\", max_bytes = \"16MiB\" }",
        more: "",
        linger: true,
    };
    let mut loadd = lane.start(&lane.config(&plan));
    served(&lane, 60);
    let ballast = disk.fill();
    wait_for("refused writes", Duration::from_secs(20), || {
        let page = Page::read(&loadd.get("/metrics").text());
        (page.get("loadd_spool_write_errors_total") > 2.0
            && page.get("loadd_checkpoint_write_errors_total") > 0.0)
            .then_some(())
    });
    served(&lane, 240);
    fs::remove_file(ballast).expect("the ballast goes");
    served(&lane, 330);
    receiver.then(Reply::status(204));
    whole(&lane, &receiver, &mut loadd);
}

/// No file may become longer than this.
fn file_limit() {
    let lane = Lane::new();
    let receiver = Receiver::start([], Reply::status(503));
    let plan = Plan {
        rate: 60,
        seconds: 6,
        url: &receiver.write_url(),
        spool: "spool = { path = \"spool\", max_bytes = \"16MiB\" }",
        more: "",
        linger: true,
    };
    let config = lane.config(&plan);
    // 8 KiB in blocks of 512 bytes: a few records, far below a segment's own length.
    let mut loadd = Loadd::daemon_limited(&config, 16).ready(&lane.admin);
    wait_for("refused writes", Duration::from_secs(40), || {
        let page = Page::read(&loadd.get("/metrics").text());
        (page.get("loadd_spool_write_errors_total") > 2.0).then_some(())
    });
    receiver.then(Reply::status(204));
    whole(&lane, &receiver, &mut loadd);
}

fn served(lane: &Lane, so_many: u64) {
    wait_for("load", Duration::from_secs(30), || {
        (lane.target.stats().served > so_many).then_some(())
    });
}

fn whole(lane: &Lane, receiver: &Receiver, loadd: &mut Loadd) {
    let page = lane.rest(loadd);
    assert_eq!(page.get("loadd_remote_write_samples_failed_total"), 0.0);
    assert_eq!(page.get("loadd_remote_write_samples_dropped_total"), 0.0);
    loadd.terminate();
    loadd.finish(Duration::from_secs(30)).expect(0, &[]);
    let mut story = Story::default();
    story.hear(receiver);
    story.is_in_order(false);
    story.never_falls();
    assert!(story.has_ended());
    lane.nothing_is_missing(&story);
}

#[test]
fn a_disk_that_is_full_for_a_while_costs_nothing() {
    let rows: Vec<(&str, Work)> = vec![
        ("tmpfs", Box::new(full_for_a_while)),
        ("file limit", Box::new(file_limit)),
    ];
    side_by_side(
        rows.into_iter()
            .map(|(name, work)| (name.to_owned(), work))
            .collect(),
    );
}
