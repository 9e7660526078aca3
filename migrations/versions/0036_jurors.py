"""jurors, their invitations and what they keep about ideas"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'juror',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('round_id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('seat_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=40), nullable=False),
        sa.Column('invited_at', sa.BigInteger(), nullable=False),
        sa.Column('accepted_at', sa.BigInteger(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_juror_round_id_round')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_juror_person_id_person')),
        sa.ForeignKeyConstraint(['seat_id'], ['participant.id'], name=op.f('fk_juror_seat_id_participant')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_juror')),
        sa.UniqueConstraint('round_id', 'person_id', name=op.f('uq_juror_round_id_person_id')),
        sa.UniqueConstraint('seat_id', name=op.f('uq_juror_seat_id')),
    )
    op.create_index(op.f('ix_juror_person_id'), 'juror', ['person_id'])
    op.create_index(op.f('ix_juror_digest'), 'juror', ['digest'])
    op.create_table(
        'juror_invitation',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('round_id', sa.Integer(), nullable=False),
        sa.Column('email', sa.String(length=254), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('expires_at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_juror_invitation_round_id_round')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_juror_invitation')),
        sa.UniqueConstraint('digest', name=op.f('uq_juror_invitation_digest')),
    )
    op.create_index(op.f('ix_juror_invitation_round_id'), 'juror_invitation', ['round_id'])
    op.create_table(
        'score_sheet',
        sa.Column('juror_id', sa.Integer(), nullable=False),
        sa.Column('entry_id', sa.Integer(), nullable=False),
        sa.Column('conflict_at', sa.BigInteger(), nullable=True),
        sa.Column('note', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ['juror_id'], ['juror.id'], name=op.f('fk_score_sheet_juror_id_juror'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(
            ['entry_id'], ['entry.id'], name=op.f('fk_score_sheet_entry_id_entry'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('juror_id', 'entry_id', name=op.f('pk_score_sheet')),
    )
    op.create_index(op.f('ix_score_sheet_entry_id'), 'score_sheet', ['entry_id'])


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM juror', 'Jurors and their notes would be lost.')
    op.drop_table('score_sheet')
    op.drop_table('juror_invitation')
    op.drop_table('juror')
