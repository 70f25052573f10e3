// Judges evidence with code that Zentra's authors did not write: Go's sumdb note and tlog packages.
//
// It reads one JSON object from standard input, verifies the signed note, the inclusion of the leaf
// and, when an older head is given, that the tree grew from it. It exits with 0 and says "ok", or
// with 1 and the reason. Install and run on Debian:
//
//	apt-get install golang-go golang-golang-x-mod-dev
//	GO111MODULE=off GOPATH=/usr/share/gocode go run main.go < case.json
package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// evidence is one case. Proofs and roots are base64; a leaf is the line without its newline.
type evidence struct {
	Vkey        string   `json:"vkey"`
	Note        string   `json:"note"`
	Leaf        string   `json:"leaf"`
	Index       int64    `json:"index"`
	Proof       []string `json:"proof"`
	OldSize     int64    `json:"old_size"`
	OldRoot     string   `json:"old_root"`
	Consistency []string `json:"consistency"`
}

func main() {
	if err := judge(); err != nil {
		fmt.Println("refused:", err)
		os.Exit(1)
	}
	fmt.Println("ok")
}

func judge() error {
	var given evidence
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&given); err != nil {
		return err
	}
	size, root, err := openCheckpoint(given.Note, given.Vkey)
	if err != nil {
		return err
	}
	proof, err := hashes(given.Proof)
	if err != nil {
		return err
	}
	leaf := tlog.RecordHash([]byte(given.Leaf))
	if err := tlog.CheckRecord(tlog.RecordProof(proof), size, root, given.Index, leaf); err != nil {
		return fmt.Errorf("inclusion: %w", err)
	}
	if given.OldSize == 0 {
		return nil
	}
	oldRoot, err := tlog.ParseHash(given.OldRoot)
	if err != nil {
		return err
	}
	grown, err := hashes(given.Consistency)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(tlog.TreeProof(grown), size, root, given.OldSize, oldRoot); err != nil {
		return fmt.Errorf("consistency: %w", err)
	}
	return nil
}

func openCheckpoint(signed, vkey string) (int64, tlog.Hash, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return 0, tlog.Hash{}, err
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(verifier))
	if err != nil {
		return 0, tlog.Hash{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != verifier.Name() {
		return 0, tlog.Hash{}, errors.New("not a checkpoint of the key's origin")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return 0, tlog.Hash{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return size, root, err
}

func hashes(encoded []string) ([]tlog.Hash, error) {
	decoded := make([]tlog.Hash, 0, len(encoded))
	for _, text := range encoded {
		bytes, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, err
		}
		if len(bytes) != tlog.HashSize {
			return nil, errors.New("a hash is 32 bytes")
		}
		decoded = append(decoded, *(*tlog.Hash)(bytes))
	}
	return decoded, nil
}
