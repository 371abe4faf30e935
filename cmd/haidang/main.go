// Command haidang is the whole house: `haidang serve` runs it, the other verbs
// feed it and ask it questions.
//
// In: a command line and the environment. Out: running parts, one clear sentence
// and a non-zero exit where that is not possible. It must never hold a rule of
// the domain: it only puts the rooms together.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"haidang"
)

// cli is the command line. Reading it is reading the manual.
type cli struct {
	Serve  serveCmd  `cmd:"" help:"Run the operations centre. Everything it can be told is below; each flag can be given by the environment variable beside it."`
	Device deviceCmd `cmd:"" help:"Register devices and give them secrets."`
	Audit  auditCmd  `cmd:"" help:"Check the log of what people did."`

	Simulate    simulateCmd    `cmd:"" help:"Play the demo's province: devices over MQTT, and citizens on their page."`
	Replay      replayCmd      `cmd:"" help:"Play recorded series as devices: as history, or moved to the present."`
	Import      importCmd      `cmd:"" help:"Bring real places in."`
	Export      exportCmd      `cmd:"" help:"Take real data out."`
	Generate    generateCmd    `cmd:"" help:"Make input for trials and measurements."`
	Evaluate    evaluateCmd    `cmd:"" help:"Print how well the analytics find the simulator's labelled faults."`
	DatabaseURL databaseURLCmd `cmd:"" name:"database-url" help:"Print the address of the running database, for pg_dump and psql."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, func() {
		time.Sleep(2 * time.Second) // make may pass the same signal on
		stop()                      // the next one ends us at once
	})
	os.Exit(run(ctx, os.Args[1:]))
}

// run reads the command line, does what it says and returns the exit code.
func run(ctx context.Context, args []string) int {
	var c cli
	parser := kong.Must(&c, kong.Name("haidang"), kong.Vars{"broker": houseBroker()},
		kong.Description("Hải Đăng, an operations centre for a province."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	parsed, err := parser.Parse(args)
	if err == nil {
		parsed.BindTo(ctx, (*context.Context)(nil))
		err = parsed.Run()
	}
	if err == nil || errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "haidang: "+sentence(err))
	return 1
}

// sentence is the error as its reader should see it: for a refusal, what is
// wrong and what to do, in both languages of the room.
func sentence(err error) string {
	refusal, ok := errors.AsType[*haidang.Error](err)
	if !ok {
		return err.Error()
	}
	text := refusal.Text.EN
	if refusal.Field != "" {
		text = refusal.Field + ": " + text
	}
	if refusal.Cause != nil {
		text += " (" + refusal.Cause.Error() + ")"
	}
	return text + "\n         " + refusal.Text.VI
}
