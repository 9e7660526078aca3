"""the latest number of a lane and the turnout of a round are read from the rows that they count"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table('lane')
    # DROP COLUMN is the same statement on SQLite and PostgreSQL, and copies no table.
    op.execute('ALTER TABLE round DROP COLUMN turnout')


def downgrade() -> None:
    op.execute('ALTER TABLE round ADD COLUMN turnout INTEGER DEFAULT 0 NOT NULL')
    op.execute(
        'UPDATE round SET turnout = (SELECT count(DISTINCT ballot.participant_id) FROM ballot'
        ' JOIN question ON question.id = ballot.question_id WHERE question.round_id = round.id)'
    )
    op.create_table('lane',
    sa.Column('challenge_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['challenge_id'], ['challenge.id'], name=op.f('fk_lane_challenge_id_challenge')),
    sa.PrimaryKeyConstraint('challenge_id', 'name', name=op.f('pk_lane'))
    )
    op.execute(
        'INSERT INTO lane (challenge_id, name, seq)'
        ' SELECT challenge_id, lane, max(seq) FROM stream GROUP BY challenge_id, lane'
    )
